"""The transposition of inputs and voices in the panel."""


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
