"""The fixture `screen`, which other tests read screens with."""


def test_screen_has_size_of_terminal(screen):
    shown = screen("list", "tasks", width=40, height=3, PAGER="cat")
    assert shown.code == 0
    assert len(shown.lines) <= 3
    assert shown.above[0].startswith("NAME"), "the first line has left the screen"
    assert max(map(len, shown.text.splitlines())) <= 40


def test_screen_presses_keys_once_text_is_shown(screen):
    shown = screen("train", "softmax", "--epochs", "1000000", press={"softmax": "\x03"})
    assert shown.code == 130
