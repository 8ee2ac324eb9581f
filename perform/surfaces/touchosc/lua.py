"""The scripts in a TouchOSC layout (Lua 5.1), for what its messages alone cannot do."""

from perform.engine.published_turns import TURN, TURN_BARS
from perform.surfaces import colours
from perform.surfaces.layout import RENEW_MS, Item, Surface

FLASH_MS = 140

# It lights the options that are set, flashes the beat and the voices, shows whose turn it is, and
# keeps the subscription.
_ROOT = """local PREFIX, PORT = {prefix}, {back}
local found, lit, flashed, held, asked = {{}}, {{}}, {{}}, {{}}, nil

local function called(name)
  if found[name] == nil then found[name] = self:findByName(name, true) end
  return found[name]
end

local function shine(name, on)
  local label = called(name)
  if label == nil then return end
  label.background = on
  label.textColor = on and Color({ink}, 1) or Color({text}, 1)
end

local function settle(address, value)
  if lit[address] ~= nil then shine(lit[address], false) end
  lit[address] = address .. '=' .. value
  shine(lit[address], true)
end

local function turn(whose)
  for _, name in ipairs({{ 'player', 'voice' }}) do
    local band = called('{turn}=' .. name)
    if band ~= nil then band.visible = name == whose end
  end
end

local function flash(name)
  shine(name, true)
  flashed[name] = getMillis() + {flash}
end

function update()
  local now = getMillis()
  if asked == nil or now - asked >= {again} then
    local ask = PREFIX .. (asked == nil and '/subscribe' or '/subscribe/again')
    asked = now
    sendOSC({{ ask, {{ {{ tag = 'i', value = PORT }} }} }})
  end
  for name, ending in pairs(flashed) do
    if now >= ending then
      flashed[name] = nil
      shine(name, false)
    end
  end
end

-- pads report which chord is pressed or released; with the last release the chord ends,
-- and before that the newest chord that is still held sounds again
function onReceiveNotify(what, chord)
  local newest = held[#held] == chord
  for place = #held, 1, -1 do
    if held[place] == chord then table.remove(held, place) end
  end
  local latch = called('latch')
  if what == 'down' then
    held[#held + 1] = chord
  elseif newest and latch ~= nil and latch.values.x == 0 then
    if #held == 0 then
      sendOSC(PREFIX .. '/chord/release')
    else
      sendOSC({{ PREFIX .. '/chord', {{ {{ tag = 's', value = held[#held] }} }} }})
    end
  end
end

function onReceiveOSC(message, connections)
  local path, given = message[1], message[2]
  if path == PREFIX .. '/state{turn}' then
    turn(given[1].value)
  elseif path == PREFIX .. '/state{turn_bars}' then
    local bars = called('{turn_bars}')
    local left = given[1].value
    if bars ~= nil then bars.values.text = left > 0 and string.format('%d', left) or '' end
  elseif string.sub(path, 1, #PREFIX + 6) == PREFIX .. '/state' then
    if given[1] ~= nil and given[1].tag == 's' then
      settle(string.sub(path, #PREFIX + 7), given[1].value)
    end
  elseif path == PREFIX .. '/beat' then
    local beat = called('beat')
    if beat ~= nil then
      local bar, count = given[1].value, given[2].value + 1
      beat.values.text = bar < 0 and 'in ' .. count or string.format('%d.%d', bar + 1, count)
    end
    flash('beat')
  elseif path == PREFIX .. '/note' and given[3].value > 0 then
    flash('light ' .. given[1].value)
  elseif path == PREFIX .. '/error' then
    local refused = called('refused')
    if refused ~= nil then
      refused.values.text = given[1].value .. ': ' .. given[2].value
    end
  end
  return false
end
"""
_PAD = """function onValueChanged(key)
  if key == 'x' then
    root:notify(self.values.x > 0 and 'down' or 'up', {chord})
  end
end
"""
_FADER = """function onValueChanged(key)
  if key ~= 'x' then return end
  local stands = {low:g} + self.values.x * {span:g}
  self.parent.children.figure.values.text = {shown}
end
"""


def root_script(surface: Surface) -> str:
    """The root's script: lights, flashes, turns, errors and the subscription."""
    return _ROOT.format(
        prefix=quoted(surface.prefix),
        back=surface.feedback_port,
        again=RENEW_MS,
        flash=FLASH_MS,
        turn=f"/{TURN}",
        turn_bars=f"/{TURN_BARS}",
        ink=_parts(colours.INK),
        text=_parts(colours.TEXT),
    )


def pad_script(chord: str) -> str:
    """The script of a pad: it reports press and release, and the root's script ends the chord."""
    return _PAD.format(chord=quoted(chord))


def fader_script(item: Item) -> str:
    """The script of a fader: it writes the value below the fader."""
    low, high, _ = item.bounds
    figure = f"string.format('{'%.0f' if high > 1 else '%.2f'}', stands)"
    shown = f"stands < 0 and 'free' or {figure}" if item.can_be_unset else figure
    return _FADER.format(low=low, span=high - low, shown=shown)


def quoted(text: str) -> str:
    """A text as a Lua literal."""
    inside = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{inside}'"


def _parts(colour: str) -> str:
    return ", ".join(f"{share:g}" for share in colours.shares(colour))
