"""Looking whether the mirror still is what was sent: objects are read again and compared with the
head's list. What is missing or altered is named, and made anew from the database."""

import hashlib
import random

import psycopg2

from .cycle import BUCKETS, Archived, Mirror
from .head import Head


class Scrub:
    def __init__(self, mirror: Mirror, say, pick=random.sample):
        self.mirror, self.say, self.pick = mirror, say, pick

    def damage(self, head: Head, share: float) -> dict:
        """What is wrong, by the names of the objects looked at."""
        objects = head.objects()
        chosen = objects if share >= 1 else self.pick(objects, max(1, round(len(objects) * share)))
        wrong = {}
        for entry in chosen:
            content = self.mirror.store.get(entry["name"])
            if content is None:
                wrong[entry["name"]] = "is missing"
            elif hashlib.sha256(content).hexdigest() != entry["sha256"]:
                wrong[entry["name"]] = "was altered"
        self.say(f"{len(chosen)} of {len(objects)} objects read, {len(wrong)} damaged")
        for name, what in sorted(wrong.items()):
            self.say(f"ALARM: object {name} {what}")
        return wrong

    def run(self, share: float) -> int:
        """The number of damaged objects, mended or not."""
        head = self.mirror.read_head()
        wrong = self.damage(head, share)
        if wrong:
            self.mend(head, wrong)
        return len(wrong)

    def mend(self, head: Head, wrong: dict) -> None:
        """A slice that is made anew is newer than all that was there: nothing older comes back."""
        mirror, mended = self.mirror, head.copy()
        with mirror.database.snapshot() as transaction:
            info = mirror.begin(transaction, head)
            place, part = (head["mirror"], head["generation"] + 1), 0
            for where in ("slices", "pending"):
                for number, each in enumerate(head[where]):
                    if not any(entry["name"] in wrong for entry in each["objects"]):
                        continue
                    made = self.remade(transaction, head, each, part)
                    if made is None:
                        continue
                    mended[where][number] = made
                    part += len(made["objects"])
            beside = [("people", "mirror_people"), ("tree", "mirror_tree")]
            for what, function in beside:
                if head[what] and head[what]["name"] in wrong:
                    mended[what] = mirror.upload(what, head, part,
                                                 transaction.call(function, *place, part))
                    part += 1
            for bucket in BUCKETS:
                entry = head["keys"].get(str(bucket))
                if entry and entry["name"] in wrong:
                    mended["keys"].pop(str(bucket))
                    sealed = transaction.call("mirror_keys", *place, part, bucket)
                    if sealed is not None:
                        mended["keys"][str(bucket)] = mirror.upload("keys", head, part, sealed)
                        part += 1
        mirror.write_head(head, mended, info)
        for name in sorted(set(wrong) - mended.names()):
            self.say(f"made anew: what object {name} held")
        # Rows are of now, and the rest of the mirror is to be so too.
        mirror.run()

    def remade(self, transaction, head: Head, each: dict, part: int):
        try:
            with transaction.savepoint():
                made = self.mirror.make_slice(transaction, head, each["from"], each["to"],
                                              each["to"] == head["size"], part, each.get("page"))
        except (psycopg2.Error, Archived) as error:
            self.say(f"LOST: entries {each['from']} to {each['to']} cannot be sent anew:"
                     f" {' '.join(str(error).split())}. See vvault_mirror.py rebuild.")
            return None
        return {name: made[name] for name in each} if "people" not in each else made
