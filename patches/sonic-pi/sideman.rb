# Sideman plays in Sonic Pi: chords go out, notes come back and sound here.
# Start Sideman (perform run), load this into a buffer, and press Run.
# Another machine: its address below, and Prefs > IO > "Receive remote OSC messages" here.

use_osc "127.0.0.1", 9000

changes = (ring "Dm7", "G7", "Cmaj7", "A7")
sounding = {}

# A voice begins a note, or with velocity 0 ends it.
live_loop :notes do
  use_real_time
  voice, pitch, velocity = sync "/osc*/sideman/note"
  ended = sounding.delete([voice, pitch])
  control ended, amp: 0, amp_slide: 0.05 if ended
  if velocity > 0
    sounding[[voice, pitch]] = synth :prophet, note: pitch, amp: velocity / 127.0,
      attack: 0.01, sustain: 8, release: 0.1, cutoff: 70 + velocity / 3
  end
end

live_loop :tempo do
  use_real_time
  bpm, = sync "/osc*/sideman/state/tempo"
  set :sideman_tempo, bpm
end

# Send the next chord just before the bar line.
live_loop :changes do
  use_real_time
  _bar, beat = sync "/osc*/sideman/beat"
  if beat == 3
    use_bpm get(:sideman_tempo) || 120
    sleep 0.95
    osc "/sideman/chord", changes.tick(:chord)
  end
end

# Sonic Pi listens at port 4560. A daemon that restarts has no subscriptions, so this renews it.
osc "/sideman/subscribe", 4560
live_loop :subscription do
  osc "/sideman/subscribe/again", 4560
  sleep 5
end

osc "/sideman/chord", changes[-1]  # the first chord starts the music
