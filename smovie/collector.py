"""Python's garbage collector beside a catalogue of some million objects that stay."""

import gc


def begin_loading() -> None:
    """While the catalogue is read, next to nothing of what is made is garbage."""
    gc.disable()


def end_loading() -> None:
    """What was loaded stays: the collector need not walk it again, nor start for every few frames of a crowd."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 5, 1_000)  # the middle generation too is small enough to be walked in a few ms
    gc.enable()
