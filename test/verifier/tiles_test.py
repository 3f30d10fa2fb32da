"""A folder of tiles: verified as it was published; otherwise the altered entry is told from the
altered hash."""

import copy
import shutil
import struct
import unittest

from ledger_writer import (checkpoint_of, commit, export, make_log, leaf_hash, leaf_input,
                           rewrite, write_tiles)
from note_vectors import STRANGER
from verify_case import VerifyCase


class Tiles(VerifyCase):
    COUNT = 700  # two full tiles, one of 188, and a level above

    def setUp(self):
        super().setUp()
        self.tiles = self.directory / "tiles"
        write_tiles(self.tiles, self.log)

    def change(self, path: str, at: int) -> None:
        file = self.tiles / path
        content = bytearray(file.read_bytes())
        content[at] ^= 1
        file.write_bytes(content)

    def test_are_verified(self):
        self.expect(0, "verified, 700 entries, to checkpoint 700 ", self.tiles)

    def test_of_every_kind_of_size(self):
        for size in (0, 1, 255, 256, 257, 512):
            write_tiles(self.directory / str(size), self.log[:size])
            self.expect(0, f"verified, {size} entries", self.directory / str(size))

    def test_with_three_levels(self):
        log = make_log(65536 + 256 + 3, payloads=False)
        write_tiles(self.directory / "large", log)
        self.assertTrue((self.directory / "large/tile/2/000.p/1").exists())
        self.expect(0, "verified, 65795 entries", self.directory / "large")
        content = bytearray((self.directory / "large/tile/2/000.p/1").read_bytes())
        content[0] ^= 1
        (self.directory / "large/tile/2/000.p/1").write_bytes(content)
        self.expect(1, "hash 0 of tile/2/000, or of a last part of it, is not the root of tile/1/000",
                    self.directory / "large")

    def test_files_that_have_grown_since_serve(self):
        (self.tiles / "checkpoint").write_text(checkpoint_of(self.log, 600))
        self.expect(0, "verified, 600 entries", self.tiles)
        self.expect(0, "continues the witnessed checkpoint 600", self.tiles, "--witnessed",
                    self.tiles / "checkpoint")

    def test_an_altered_entry_is_named(self):
        self.log[300]["event_type"] = "message.deleted"
        shutil.rmtree(self.tiles / "tile/entries")
        write_tiles(self.directory / "forged", self.log)
        shutil.move(self.directory / "forged/tile/entries", self.tiles / "tile/entries")
        self.expect(1, f"{self.entry(300)} is altered", self.tiles)

    def test_swapped_entries_of_different_streams_are_named(self):
        inputs = [leaf_input(entry) for entry in self.log]
        inputs[7], inputs[8] = inputs[8], inputs[7]
        (self.tiles / "tile/entries/000").write_bytes(
            b"".join(struct.pack(">H", len(text)) + text for text in inputs[:256]))
        self.expect(1, f"entry 7 ({self.honest[8]['id']}) is altered, or not the entry of this",
                    self.tiles)

    def test_an_altered_hash_is_told_from_an_altered_entry(self):
        self.change("tile/0/001", 44 * 32)
        self.expect(1, "the entries are those of the checkpoint, but hash 1 of tile/1/000, or of a "
                    "last part of it, is not the root of tile/0/001; the first that differs is that "
                    "of entry 300", self.tiles)

    def test_an_altered_hash_in_the_last_tile(self):
        self.change("tile/0/002.p/188", 0)
        self.expect(1, "the tiles' hashes are not those of the checkpoint; the first that differs "
                    "is that of entry 512", self.tiles)

    def test_an_altered_hash_of_an_upper_level(self):
        self.change("tile/1/000.p/2", 32)
        self.expect(1, "but hash 1 of tile/1/000", self.tiles)

    def test_a_rewritten_log_with_tiles_that_fit_is_found_by_a_witness_alone(self):
        forged = copy.deepcopy(self.honest)
        forged[300]["event_type"] = "message.deleted"
        rewrite(forged)
        write_tiles(self.directory / "forged", forged)
        self.expect(0, "verified", self.directory / "forged")
        witnessed = self.file(checkpoint_of(self.honest, 400))
        self.expect(1, "does not continue the witnessed checkpoint of 400", self.directory / "forged",
                    "--witnessed", witnessed)

    def test_missing_files_are_named(self):
        for path in ("tile/0/001", "tile/0/002.p/188", "tile/1/000.p/2", "tile/entries/001",
                     "tile/entries/002.p/188"):
            with self.subTest(path=path):
                kept = (self.tiles / path).read_bytes()
                (self.tiles / path).unlink()
                self.expect(1, f"{path} is missing", self.tiles)
                (self.tiles / path).write_bytes(kept)

    def test_truncated_and_lengthened_files_are_named(self):
        hashes, bundle = self.tiles / "tile/0/001", self.tiles / "tile/entries/001"
        for content in (b"", hashes.read_bytes()[:-1], hashes.read_bytes()[:-32]):
            hashes_kept = hashes.read_bytes()
            hashes.write_bytes(content)
            self.expect(1, "tile/0/001 has", self.tiles)
            hashes.write_bytes(hashes_kept)
        kept = bundle.read_bytes()
        for content, words in ((b"", "ends within entry 256"), (kept[:-1], "ends within entry 511"),
                               (kept[:1], "ends within entry 256"),
                               (kept + b"\0\0", "goes on after its last entry")):
            bundle.write_bytes(content)
            self.expect(1, f"tile/entries/001 {words}", self.tiles)

    def test_a_leaf_input_of_another_form_is_an_altered_entry(self):
        for text in (b"", b"vvault/entry/v2\n" + bytes(172), leaf_input(self.log[0])[:-1],
                     leaf_input(self.log[0]) + b"\0"):
            content = struct.pack(">H", len(text)) + text
            rest = (self.tiles / "tile/entries/000").read_bytes()[2 + len(leaf_input(self.log[0])):]
            folder = self.directory / f"copy {len(text)} {text[12:15].decode()}"
            shutil.copytree(self.tiles, folder)
            (folder / "tile/entries/000").write_bytes(content + rest)
            self.expect(1, "entry 0 is altered: its leaf input", folder)

    def test_a_folder_without_a_checkpoint_is_unusable(self):
        (self.tiles / "checkpoint").unlink()
        self.expect(2, "the folder holds no checkpoint", self.tiles)

    def test_beside_an_export_they_name_what_that_alone_cannot(self):
        entry = self.log[699]
        entry["payload"] = "{}"
        commit(entry)
        self.assertEqual(entry["leaf_hash"], leaf_hash(entry).hex())
        self.expect(1, "one of the entries 0 to 699", export(self.log, self.note))
        self.expect(1, f"{self.entry(699)} is altered", export(self.log, self.note), "--tiles",
                    self.tiles)

    def test_beside_an_honest_export_nothing_changes(self):
        self.expect(0, "verified, 700 entries", export(self.log), "--tiles", self.tiles)
        self.expect(2, "go with an NDJSON export", self.tiles, "--tiles", self.tiles)

    def test_signed_by_another(self):
        self.expect(1, "none of the keys given", self.tiles, key=STRANGER.key)


if __name__ == "__main__":
    unittest.main()
