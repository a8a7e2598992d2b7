"""What is shown of an error."""

from mnist_nn.errors import describe_error


def test_errors_of_libraries_are_described_in_a_line() -> None:
    assert describe_error(ValueError("one.\n  two")) == "one"
    assert describe_error(ValueError("\x1b[1m\n\nException encountered when\n\x1b[0m1")) == "1"
    assert describe_error(ValueError(400 * "1")) == 300 * "1"
    assert describe_error(KeyError()) == "KeyError"
