"""A person's own export: each entry with its proof, no stream with a gap, nobody else's data."""

import json
import unittest

from ledger_writer import (checkpoint_of, commit, export, header, id_of, make_log, own_export,
                           tree_of, write_tiles)
from verify_case import VerifyCase


class Own(VerifyCase):
    def own(self) -> list:
        """Lines of the honest export, taken apart."""
        return [json.loads(line) for line in own_export(self.honest).splitlines()[1:]]

    def written(self, entries: list) -> str:
        return export(entries, self.note)

    def test_is_verified(self):
        self.expect(0, "verified, 14 entries of 1 person in 4 streams, to checkpoint 40 ",
                    own_export(self.log))

    def test_is_verified_at_every_size_and_for_each_person(self):
        for size in (1, 2, 3, 255, 256, 257, 300):
            log = make_log(size)
            for person in range(min(size, 3)):
                self.expect(0, "of 1 person in", own_export(log, person))

    def test_an_altered_entry_is_named_also_when_its_leaf_was_adapted(self):
        own = self.own()
        own[3]["payload"] = "{}"
        self.expect(1, f"{self.entry(9)} is altered: its payload", self.written(own))
        commit(own[3])
        self.expect(1, f"{self.entry(9)} is altered, or its proof is", self.written(own))

    def test_a_proof_that_is_altered_too_short_or_too_long(self):
        for change in (lambda p: p[:-1], lambda p: p[1:], lambda p: p + p[:1], lambda p: [],
                       lambda p: ["00" * 32] + p[1:], lambda p: p[::-1]):
            own = self.own()
            own[3]["proof"] = change(own[3]["proof"])
            self.expect(1, f"{self.entry(9)} is altered, or its proof is", self.written(own))

    def test_an_entry_that_is_left_out_is_missed_in_its_stream(self):
        own = self.own()
        left_out = next(e for e in own if e["stream_seq"] == 2)
        own.remove(left_out)
        self.expect(1, "what was between is missing", self.written(own))
        own = [e for e in self.own() if e["stream_seq"] != 1]
        self.expect(1, "and the entries before that are missing", self.written(own))

    def test_an_entry_that_comes_twice_or_too_late(self):
        own = self.own()
        self.expect(1, f"{self.entry(9)} is repeated", self.written(own[:4] + own[3:]))
        own[3], own[4] = own[4], own[3]
        self.expect(1, f"{self.entry(9)} is repeated or out of order", self.written(own))

    def test_an_entry_at_another_position(self):
        own = self.own()
        own[3]["position"] += 1
        self.expect(1, "is altered, or its proof is", self.written(own))

    def test_proofs_for_some_only_are_unusable(self):
        own = self.own()
        del own[3]["proof"]
        self.expect(2, "some entries have a proof", self.written(own))

    def test_a_tree_of_another_checkpoint(self):
        longer = make_log(41)
        self.expect(1, "or its proof is", export(self.own(), checkpoint_of(longer)))

    def consistency(self, old: int, **changes) -> list:
        proof = [h.hex() for h in tree_of(self.honest).consistency(old, 40)]
        text = json.dumps({"from": old, "to": 40, "proof": proof, **changes})
        witnessed = self.file(checkpoint_of(self.honest, old), "witnessed")
        return ["--witnessed", witnessed, "--consistency", self.file(text, "consistency")]

    def test_a_witnessed_checkpoint_is_compared_by_a_consistency_proof(self):
        for old in (1, 7, 8, 32, 39, 40):
            self.expect(0, f"continues the witnessed checkpoint {old}", own_export(self.log),
                        *self.consistency(old))
        self.expect(2, "by --consistency or --tiles", own_export(self.log),
                    *self.consistency(7)[:2])
        self.expect(1, "does not continue the witnessed checkpoint of 7", own_export(self.log),
                    *self.consistency(7, proof=["00" * 32]))
        self.expect(2, "between other checkpoints", own_export(self.log),
                    *self.consistency(7, to=41))
        self.expect(2, "consistency proof cannot be used", own_export(self.log),
                    *self.consistency(7, proof="none"))

    def test_a_witnessed_checkpoint_is_compared_by_the_tiles(self):
        write_tiles(self.directory / "tiles", self.log)
        tiles = "--tiles", self.directory / "tiles"
        self.expect(0, "continues the witnessed checkpoint 7", own_export(self.log),
                    *self.consistency(7)[:2], *tiles)
        other = make_log(7, persons=2)
        self.expect(1, "does not continue the witnessed checkpoint of 7", own_export(self.log),
                    "--witnessed", self.file(checkpoint_of(other)), *tiles)

    def test_another_persons_data_is_not_in_it(self):
        text = own_export(self.log)
        for other in (1, 2):
            self.assertNotIn(id_of(f"person {other}"), text)
        self.assertIn(id_of("person 0"), text)


class Part(VerifyCase):
    """Entries from a position on, such as what was not archived: judged by the tiles."""

    def part(self, begin: int) -> str:
        return header(40, self.note, **{"from": begin}) + "".join(
            json.dumps(entry) + "\n" for entry in self.log[begin:])

    def test_is_verified_with_the_tiles_and_unusable_without(self):
        write_tiles(self.directory, self.log)
        self.expect(0, "verified, 13 entries, to checkpoint 40", self.part(27), "--tiles",
                    self.directory)
        self.expect(2, "judged by the tiles only", self.part(27))

    def test_an_altered_entry_is_named(self):
        write_tiles(self.directory, self.log)
        self.log[30]["payload"] = "{}"
        commit(self.log[30])
        self.expect(1, f"{self.entry(30)} is altered", self.part(27), "--tiles", self.directory)

    def test_some_of_the_entries(self):
        write_tiles(self.directory, self.log)
        month = header(40, self.note) + "".join(
            json.dumps(entry) + "\n" for entry in self.log[10:20])
        options = "--part", "--tiles", self.directory
        self.expect(0, "verified, 10 entries, a part of the log, to checkpoint 40", month, *options)
        self.expect(1, "entry 0 is missing", month, "--tiles", self.directory)
        self.expect(2, "a part of a log is judged by the tiles only", month, "--part")
        part = self.log[10:20]
        for entries, words in (([*part, part[9]], f"{self.entry(19)} is repeated"),
                               ([*part[:9], {**part[9], "position": 21}], "is altered, or not the"),
                               ([*part[:9], {**part[9], "actor": "else"}], "is altered: its")):
            self.expect(1, words, header(40, self.note) + "".join(
                json.dumps(entry) + "\n" for entry in entries), *options)

    def test_tiles_that_are_not_the_checkpoints_judge_nothing(self):
        write_tiles(self.directory, make_log(40, persons=2))
        self.expect(2, "are not those of the checkpoint", self.part(27), "--tiles", self.directory)


if __name__ == "__main__":
    unittest.main()
