"""A whole log in NDJSON: an honest one is verified, and of any other the first entry that is not
as it was signed is named."""

import base64
import copy
import json
import unittest

from ledger_writer import (LOG, ORIGIN, ZEROS, checkpoint, checkpoint_of, commit, export, header,
                           make_log, rewrite, sha256, tree_of)
from note_vectors import NEXT, STRANGER, WITNESS, Signer
from verify_case import VerifyCase


class Honest(VerifyCase):
    def test_is_verified_to_its_checkpoint(self):
        root = base64.b64encode(tree_of(self.log).root(0, 40)).decode()
        self.expect(0, f"verified, 40 entries, to checkpoint 40 {root} of {ORIGIN}\n"
                    "payloads checked: 40\n", export(self.log))

    def test_of_every_size(self):
        for size in (*range(18), 255, 256, 257, 300):
            with self.subTest(size=size):
                self.expect(0, f"verified, {size} entries,", export(make_log(size)))

    def test_from_a_file(self):
        self.expect(0, "verified, 40 entries", self.file(export(self.log)))

    def test_without_payloads(self):
        for entry in self.log[::2]:
            del entry["salt"], entry["payload"]
        self.expect(0, "payloads checked: 20\n", export(self.log))

    def test_with_payloads_in_place_of_their_commitments(self):
        note = checkpoint_of(self.log)
        for entry in self.log:
            entry["payload_commitment"] = None
        lines = header(40, note) + "".join(json.dumps(entry) + "\n" for entry in self.log)
        self.expect(0, "payloads checked: 40\n", lines)

    def test_without_the_last_newline(self):
        self.expect(0, "verified, 40 entries", export(self.log).rstrip("\n"))

    def test_with_the_extremes_of_every_number(self):
        self.log[39].update(timestamp_us=-2**63, xid=str(2**64 - 1), actor="", event_type="e" * 65535)
        self.log[38].update(timestamp_us=2**63 - 1, xid="0", actor="a" * 65535, event_type="")
        rewrite(self.log)
        self.expect(0, "verified, 40 entries", export(self.log))


class Keys(VerifyCase):
    def test_a_file_of_keys_serves(self):
        keys = self.file(f"{NEXT.key}\n\n{LOG.key}\n")
        self.expect(0, "verified", export(self.log), key=str(keys))

    def test_after_a_rotation_both_keys_are_believed(self):
        rotated = export(self.log, checkpoint_of(self.log, signer=NEXT))
        self.expect(1, "none of the keys given signed the checkpoint", rotated)
        self.expect(0, "verified", rotated, "--key", NEXT.key)

    def test_a_witnesss_key_is_not_the_logs(self):
        self.expect(1, "none of the keys given signed", export(self.log), key=WITNESS.key)

    def test_another_signature_is_refused(self):
        text = self.note.split("\n\n")[0] + "\n"
        forged = text + "\n" + STRANGER.line(text, ORIGIN, LOG.id)
        self.expect(1, "the signature by", export(self.log, forged))

    def test_no_key_or_no_such_key_is_unusable(self):
        self.expect(2, "without a --key", export(self.log), key="")
        self.expect(2, "no key and no file of keys", export(self.log), key="nonsense")
        self.expect(2, "holds no key", export(self.log), key=str(self.file("\n")))


class Tampered(VerifyCase):
    def test_a_field_that_is_altered_names_its_entry(self):
        changes = {"id": "0" * 8 + self.log[7]["id"][8:], "user_id": self.log[8]["user_id"],
                   "stream_id": self.log[5]["stream_id"], "stream_seq": 9,
                   "previous_leaf": "11" * 32, "event_type": "message.deleted",
                   "timestamp_us": 1, "actor": "zo\u00ea", "xid": "1",
                   "content_commitment": "22" * 32, "leaf_hash": "33" * 32}
        for name, value in changes.items():
            with self.subTest(field=name):
                log = copy.deepcopy(self.honest)
                log[7][name] = value
                self.expect(1, f"entry 7 ({log[7]['id']}) is altered: its fields",
                            export(log, self.note))

    def test_an_altered_payload_or_salt_names_its_entry(self):
        for change in ({"payload": self.log[7]["payload"] + " "}, {"salt": ZEROS[:32]}):
            log = copy.deepcopy(self.honest)
            log[7].update(change)
            self.expect(1, f"{self.entry(7)} is altered: its payload", export(log, self.note))

    def test_a_payload_whose_commitment_was_adapted_breaks_the_chain(self):
        self.log[7]["payload"] = "{}"
        commit(self.log[7])
        follower = next(e for e in self.log[8:] if e["previous_leaf"] == self.honest[7]["leaf_hash"])
        self.expect(1, f"{self.entry(follower['position'])} does not continue entry 7",
                    export(self.log, self.note))

    def test_a_deleted_entry_is_missing(self):
        del self.log[7]
        self.expect(1, f"entry 7 is missing or out of order: {self.entry(8)}",
                    export(self.log, self.note))

    def test_a_deleted_entry_under_new_positions_breaks_its_stream(self):
        middle = next(entry for entry in self.log if entry["stream_seq"] == 2)
        self.log.remove(middle)
        for position, entry in enumerate(self.log):
            entry["position"] = position
        self.expect(1, "what was between is missing", export(self.log, self.note))

    def test_a_deleted_first_entry_of_a_stream_is_missing(self):
        del self.log[0]
        for position, entry in enumerate(self.log):
            entry["position"] = position
        self.expect(1, "and the entries before that are missing", export(self.log, self.note))

    def test_the_newest_entries_are_missing(self):
        self.expect(1, "entry 35 is missing: the log ends before it", export(self.log[:35], self.note))
        self.expect(1, "entry 0 is missing", export([], self.note))

    def test_a_repeated_entry(self):
        self.log.insert(8, self.log[7])
        self.expect(1, f"{self.entry(7)} is repeated", export(self.log, self.note))

    def test_a_repeated_entry_at_a_position_of_its_own(self):
        self.log[8] = {**self.log[7], "position": 8}
        self.expect(1, f"entry 8 ({self.honest[7]['id']}) is repeated: it is entry 7 again",
                    export(self.log, self.note))

    def test_two_that_are_swapped(self):
        self.log[7], self.log[8] = self.log[8], self.log[7]
        self.expect(1, "entry 7 is missing or out of order", export(self.log, self.note))

    def test_two_of_one_stream_that_swapped_positions_too(self):
        self.log[0].update(position=24)
        self.log[24].update(position=0)
        self.log[0], self.log[24] = self.log[24], self.log[0]
        self.expect(1, f"entry 0 ({self.honest[24]['id']}) is number", export(self.log, self.note))

    def test_two_of_different_streams_that_swapped_positions_change_the_root(self):
        self.log[7].update(position=8)
        self.log[8].update(position=7)
        self.log[7], self.log[8] = self.log[8], self.log[7]
        self.expect(1, "do not give the checkpoint's root: one of the entries 0 to 39",
                    export(self.log, self.note))

    def test_one_inserted_in_the_past(self):
        planted = {**copy.deepcopy(self.log[7]), "stream_id": self.log[39]["id"]}
        self.log.insert(8, planted)
        rewrite(self.log)
        self.expect(1, "entry 40", export(self.log, self.note))
        self.expect(1, "the checkpoint's root", export(self.log[:-1], self.note))

    def test_a_rewritten_log_is_not_that_of_its_checkpoint(self):
        self.log[7]["payload"] = "{}"
        rewrite(self.log)
        self.expect(1, "do not give the checkpoint's root", export(self.log, self.note))

    def test_more_entries_than_were_signed(self):
        self.expect(1, f"{self.entry(35)} is beyond the checkpoint's 35 entries",
                    export(self.log, checkpoint_of(self.log, 35)))

    def test_a_head_that_tells_of_another_log(self):
        self.expect(1, "different logs", export(self.log, self.note, size=39))
        self.expect(1, "different logs", export(self.log, self.note, origin="else"))

    def test_a_root_of_the_empty_tree_that_is_none(self):
        self.expect(1, "do not give the checkpoint's root", export([], checkpoint(0, sha256(b"x"))))


class Witnessed(VerifyCase):
    def witness(self, log: list, size: int, **options):
        return "--witnessed", self.file(checkpoint_of(log, size, **options), f"witnessed {size}")

    def test_what_continues_it_is_verified(self):
        for size in (0, 1, 7, 32, 39, 40):
            self.expect(0, f"continues the witnessed checkpoint {size}\n", export(self.log),
                        *self.witness(self.log, size))

    def test_a_log_that_was_rewritten_and_signed_anew(self):
        forged = copy.deepcopy(self.honest)
        forged[7]["payload"] = "{}"
        rewrite(forged)
        self.expect(0, "verified", export(forged))
        self.expect(0, "verified", export(forged), *self.witness(self.honest, 7))
        self.expect(1, "does not continue the witnessed checkpoint of 8: one of the entries 0 to 7",
                    export(forged), *self.witness(self.honest, 8))
        self.expect(1, "of 40: one of the entries 0 to 39 is altered", export(forged),
                    *self.witness(self.honest, 40))

    def test_the_last_that_is_continued_narrows_the_search(self):
        forged = copy.deepcopy(self.honest)
        forged[7]["payload"] = "{}"
        rewrite(forged)
        self.expect(1, "of 8: entry 7 is altered", export(forged), *self.witness(self.honest, 40),
                    *self.witness(self.honest, 8), *self.witness(self.honest, 7))

    def test_a_log_that_was_restored_to_before_it(self):
        self.expect(1, "was witnessed with 40 entries and has 30: entry 30 is the first",
                    export(self.log[:30]), *self.witness(self.log, 40))

    def test_a_log_that_was_restored_and_went_on_otherwise(self):
        other = self.honest[:30] + copy.deepcopy(self.honest[31:]) + make_log(3)[2:]
        rewrite(other)
        self.expect(1, "does not continue the witnessed checkpoint of 35", export(other),
                    *self.witness(self.honest, 35))

    def test_one_that_cannot_be_believed_is_unusable(self):
        self.expect(2, "the witnessed checkpoint", export(self.log),
                    *self.witness(self.log, 7, signer=STRANGER))
        self.expect(2, "the witnessed checkpoint", export(self.log), "--witnessed",
                    self.file("nonsense"))
        self.expect(2, "cannot read", export(self.log), "--witnessed", self.directory / "none")

    def test_one_of_the_log_before_it_took_another_name(self):
        successor = Signer(f"{ORIGIN}/2", "log")
        note = checkpoint_of(self.log, signer=successor, origin=successor.name)
        lines = export(self.log, note, origin=successor.name)
        self.expect(0, "verified, 40 entries, to checkpoint 40 ", lines, key=successor.key)
        self.expect(1, f'witnessed as "{ORIGIN}" with 7 entries was not continued', lines, "--key",
                    successor.key, *self.witness(self.log, 7))

    def test_one_of_another_log_is_unusable(self):
        note = checkpoint(7, sha256(b"x"), signer=WITNESS, origin=WITNESS.name)
        self.expect(2, "of another log", export(self.log), "--key", WITNESS.key, "--witnessed",
                    self.file(note))


if __name__ == "__main__":
    unittest.main()
