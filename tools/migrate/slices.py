"""A JSON array too large to be held, element by element.

An export of all conversations has hundreds of megabytes and is one array. Its elements are cut out
by following quotes and brackets, which is all that the cut needs to know of JSON; what is inside
is for the vault to read. In memory is one element at a time.
"""

import re

BLOCK = 1 << 20
SLICE = 4 << 20
LARGEST_ELEMENT = 32 << 20

_STRUCTURE = re.compile(rb'["\[\]{},]')
_IN_STRING = re.compile(rb'["\\]')
_SPACE = b" \t\r\n"


class NoArray(Exception):
    """The file is no array of JSON values, or ends inside one."""



def elements(source, most: int = LARGEST_ELEMENT, oversized=None):
    """Yields the bytes of each element. One larger than `most` is left out, and oversized()
    told of its place among them."""
    cutter = _Cutter(most, oversized)
    first = True
    while block := source.read(BLOCK):
        if first:
            block = block.removeprefix(b"\xef\xbb\xbf").lstrip(_SPACE)
            if not block:
                continue
            if not block.startswith(b"["):
                raise NoArray("it is no array")
            block, first = block[1:], False
        yield from cutter.feed(block)
    if first or not cutter.ended:
        raise NoArray("it ends inside of an array")


def slices(source, oversized=None, size: int = SLICE):
    """Yields arrays of whole elements, of about that size each."""
    batch, length = [], 0
    for element in elements(source, oversized=oversized):
        if batch and length + len(element) > size:
            yield b"[" + b",".join(batch) + b"]"
            batch, length = [], 0
        batch.append(element)
        length += len(element)
    if batch:
        yield b"[" + b",".join(batch) + b"]"


class _Cutter:
    """Where the elements end, across the blocks in which they come."""

    def __init__(self, most: int, oversized):
        self.ended = False
        self._most, self._oversized = most, oversized
        self._kept = []          # the beginning of the element that is not complete yet
        self._length = 0
        self._depth = 0
        self._in_string = False
        self._skip = 0           # bytes at the beginning of the next block that are escaped
        self._number = 0

    def feed(self, block: bytes):
        begin, at = 0, self._skip
        self._skip = 0
        while not self.ended:
            found = (_IN_STRING if self._in_string else _STRUCTURE).search(block, at)
            if found is None:
                break
            at = found.end()
            byte = found.group()
            if self._in_string:
                if byte == b"\\":
                    at += 1
                else:
                    self._in_string = False
            elif byte == b'"':
                self._in_string = True
            elif byte in b"[{":
                self._depth += 1
            elif byte in b"]}" and self._depth:
                self._depth -= 1
            elif not self._depth:      # a comma between elements, or the end of the array
                self._keep(block[begin:found.start()])
                begin = at
                element = self._take()
                if element:
                    yield element
                self.ended = byte == b"]"
        if not self.ended:
            self._skip = max(0, at - len(block))
            self._keep(block[begin:])

    def _keep(self, piece: bytes) -> None:
        self._length += len(piece)
        if self._length <= self._most:
            self._kept.append(piece)
        else:
            self._kept.clear()

    def _take(self) -> bytes:
        element = b"".join(self._kept).strip(_SPACE)
        if self._length > self._most and self._oversized:
            self._oversized(self._number)
        self._number += 1
        self._kept, self._length = [], 0
        return element
