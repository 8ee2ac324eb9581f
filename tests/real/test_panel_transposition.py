"""The transposition of inputs and voices, and the sounds of voices, in the panel."""


def test_inputs_and_voices_are_transposed_in_the_engine_view(page, listener):
    choose = """
const select = document.querySelector(`#transposition [data-address="${arguments[0]}"]`);
select.value = arguments[1];
select.dispatchEvent(new Event("change"));
"""
    shown = "return document.querySelector(`#transposition [data-address='${arguments[0]}']`).value"
    for address, semitones in (("/input/lead/transpose", -9), ("/voice/lead/transpose", 3)):
        page.run(choose, address, str(semitones))
        listener.expect(f"/state{address}", semitones)
        listener.send(address, 5)
        page.until(f"{shown} === '5'", address)
        page.run(choose, address, "0")
        listener.expect(f"/state{address}", 0)


def test_the_sounds_of_a_voice_are_set_in_the_engine_view(page, listener):
    write = """
const input = document.querySelector(`#sounds [data-address="${arguments[0]}"]`);
input.value = arguments[1];
input.dispatchEvent(new Event("change"));
return input.value;
"""
    shown = "return document.querySelector(`#sounds [data-address='${arguments[0]}']`).value"
    for part, number in (("program", 33), ("bank", 300), ("volume", 0)):
        address = f"/voice/lead/{part}"
        page.until(f"{shown} === ''", address)
        page.run(write, address, str(number))
        listener.expect(f"/state{address}", number)
        page.until(
            "return String(sideman.store.get(arguments[0])) === arguments[1]", address, str(number)
        )
        assert page.run(write, address, "20000") == str(number)  # too high for any of them
        listener.send(address, 5)
        page.until(f"{shown} === '5'", address)
        page.run(write, address, "")
        listener.expect(f"/state{address}", 0 if part == "program" else -1)
