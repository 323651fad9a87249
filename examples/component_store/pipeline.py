"""A pipeline made of component files that others wrote, found by name in a store."""

from pathlib import Path

from kfbridge import components, dsl

store = components.ComponentStore(local_search_paths=[Path(__file__).parent / "components"])
write = store.load_component("text/write")
count_words = store.load_component("text/count_words")


@dsl.pipeline(name="component-store")
def word_count(text: str = "one pipeline, any cloud") -> int:
    """Writes a text to a file and counts its words."""
    written = write(text=text)
    return count_words(text_file=written.outputs["file"], separator=" ").outputs["words"]
