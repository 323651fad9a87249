"""Two steps feed a third."""

from kfbridge import dsl


@dsl.component
def greeting(name: str) -> str:
    return f"Hello, {name}!"


@dsl.component
def number_of_letters(text: str) -> int:
    return sum(letter.isalpha() for letter in text)


@dsl.component
def report(greeting: str, letters: int) -> str:
    line = f"{greeting} That is {letters} letters for your name."
    print(line)
    return line


@dsl.pipeline(name="hello")
def hello(name: str = "World") -> str:
    """Greets somebody, and counts."""
    greeted = greeting(name=name)
    counted = number_of_letters(text=name)
    return report(greeting=greeted.output, letters=counted.output).output
