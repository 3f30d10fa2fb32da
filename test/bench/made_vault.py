#!/usr/bin/env python3
"""A vault made up for measuring: the same bytes for the same scale, on any machine.

    test/bench/made_vault.py FOLDER [--scale 1.0]

At scale 1 it has 20,000 files and 500,000 messages, in the proportions of an archive of some
years: long transcripts, thousands of short ones in every format, exports of all conversations as
trees with branches, single messages in files, backups, capsules, ledgers, logs, documents and
pictures.
"""

import argparse
import json
import random
from pathlib import Path

PERSON = "users/shard_0000/ada_example_1762969514958"
CONSTRUCTS = ["zen-001", "nova-001", "lin-001", "katana-001", "sera-001", "aurora-001",
              "monday-001", "sol-002"]
FILES, MESSAGES = 20_000, 500_000
# kind → (files, messages in each) at scale 1; documents are what is missing to FILES.
SHARES = {"canonical": (8, 5000), "chatty": (4000, 60), "captured": (2000, 20),
          "exported": (24, 6250), "single": (6000, 1), "backup": (400, 60), "capsule": (1500, 0),
          "ledger": (500, 0), "state": (1000, 0)}
TURNS_OF_AN_EXPORTED = 50
EPOCH = 1_735_689_600      # 2025-01-01


class Maker:
    def __init__(self, folder: Path, scale: float):
        self.root = folder / PERSON
        self.scale = scale
        self.files = self.messages = self.bytes = 0
        self._chance = random.Random(20260211)
        self._clock = EPOCH * 1000
        self._sentences = self._make_sentences()

    def _make_sentences(self) -> list:
        chance = self._chance
        words = ["".join(chance.choice("bdfglmnprstvk") + chance.choice("aeiouyé")
                         for _ in range(chance.randrange(1, 5))) for _ in range(3000)]
        # Some words are said much more often than others, as in any text.
        weights = [1 / (rank + 3) for rank in range(len(words))]
        return [" ".join(chance.choices(words, weights, k=chance.randrange(6, 18))).capitalize()
                + chance.choice(".?!…") for _ in range(20_000)]

    # Pieces ------------------------------------------------------------------------------------

    def text(self) -> str:
        """What somebody says: some 300 bytes, sometimes much more, sometimes a list or code."""
        chance = self._chance
        length = 1 + min(int(chance.expovariate(0.25)), 60)
        text = f"({self.messages}) " + " ".join(chance.choices(self._sentences, k=length))
        if chance.random() < 0.05:
            text += "\n\n- " + "\n- ".join(chance.choices(self._sentences, k=4))
        if chance.random() < 0.02:
            text += "\n\n```\nUser: not a turn\n" + text[:80] + "\n```"
        return text

    def tick(self) -> int:
        """Milliseconds since 1970; every message has its own."""
        self._clock += 1 + self._chance.randrange(60_000)
        return self._clock

    def turns(self, count: int):
        for number in range(count):
            self.messages += 1
            yield number, "assistant" if number % 2 else "user", self.tick(), self.text()

    def write(self, path: str, content) -> None:
        data = content if isinstance(content, bytes) else content.encode()
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        self.files += 1
        self.bytes += len(data)

    def construct(self) -> str:
        return self._chance.choice(CONSTRUCTS)

    # Kinds -------------------------------------------------------------------------------------

    def transcript(self, construct: str, count: int, form: str) -> str:
        name = construct.split("-")[0].capitalize()
        parts = [f"# {name}\n\n"]
        for _, role, at, text in self.turns(count):
            speaker = name if role == "assistant" else "Ada"
            parts.append({"C": f"**{clock(at)} UTC - {speaker}** [{iso(at)}]: {text}\n\n",
                          "E": f"---\n\n**{speaker}** ({iso(at)}):\n\n{text}\n\n",
                          "D": f"[{iso(at)}] **{speaker}**: {text}\n\n",
                          "B": f"{'You' if role == 'user' else name} said:\n{text}\n\n"}[form])
        return "".join(parts)

    def canonical(self, number: int, count: int) -> None:
        construct = CONSTRUCTS[number % len(CONSTRUCTS)]
        self.write(f"instances/{construct}/chatty/chat_with_{construct}.md",
                   self.transcript(construct, count, "E"))

    def chatty(self, number: int, count: int) -> None:
        construct = self.construct()
        self.write(f"instances/{construct}/chatty/{number // 100:03}/session_{number:06}.md",
                   self.transcript(construct, count, "CED"[number % 3]))

    def captured(self, number: int, count: int) -> None:
        construct = self.construct()
        self.write(f"instances/{construct}/claude/captured_{number:06}.md",
                   self.transcript(construct, count, "B"))

    def exported(self, number: int, count: int) -> None:
        conversations = [self.conversation(number * 1000 + one,
                                           min(TURNS_OF_AN_EXPORTED, count - begun))
                         for one, begun in enumerate(range(0, count, TURNS_OF_AN_EXPORTED))]
        self.write(f"instances/{self.construct()}/chatgpt/2025/{number:02}_conversations.json",
                   json.dumps(conversations))

    def conversation(self, number: int, count: int) -> dict:
        """A tree in which every seventh question was asked anew, beside the old one."""
        mapping = {"root": {"id": "root", "message": None, "parent": None, "children": []}}
        last, before, began = "root", None, self._clock / 1000
        for turn, role, at, text in self.turns(count):
            node = f"n{number}-{turn}"
            if turn % 14 == 12 and before:
                last = before
            mapping[node] = {"id": node, "parent": last, "children": [], "message": {
                "id": node, "author": {"role": role}, "create_time": at / 1000,
                "content": {"content_type": "text", "parts": [text]},
                "metadata": {"model_slug": "gpt-4o"} if role == "assistant" else {}}}
            mapping[last]["children"].append(node)
            last, before = node, last
        return {"title": f"Talk {number}", "create_time": began, "conversation_id": f"c-{number}",
                "current_node": last, "mapping": mapping}

    def single(self, number: int, _: int) -> None:
        self.messages += 1
        at, role = self.tick(), "assistant" if number % 2 else "user"
        self.write(f"transcripts/session_{number // 30:05}/{number:06}_{role}.txt",
                   f"# Timestamp: {iso(at)}\n# Role: {role}\n# User: Ada\n"
                   f"# Session: session_{number // 30:05}\n# ---\n\n{self.text()}\n")

    def backup(self, number: int, count: int) -> None:
        construct = self.construct()
        self.write(f"instances/{construct}/chatty/backups/backup_{number:05}.json", json.dumps(
            {"file_id": f"f-{number}", "filename": f"session_{number:06}.md",
             "content": self.transcript(construct, count, "D"), "backed_up_at": iso(self._clock)}))

    def capsule(self, number: int, _: int) -> None:
        construct = self.construct()
        self.write(f"instances/{construct}/identity/{number:05}.capsule", json.dumps(
            {"metadata": {"instance_name": construct, "fingerprint_hash": f"{number:064x}",
                          "capsule_version": "1.0.0", "timestamp": iso(self._clock)},
             "traits": {"empathy": self._chance.random()},
             "memory": {"long_term_memories": self._chance.choices(self._sentences, k=20)}},
            indent=2))

    def ledger(self, number: int, _: int) -> None:
        self.write(f"instances/{self.construct()}/memories/{number:05}_continuity_ledger.json",
                   json.dumps({"events": [{"timestamp": iso(self.tick()), "type": "boot",
                                           "note": self.text()} for _ in range(10)]}, indent=1))

    def state(self, number: int, _: int) -> None:
        self.write(f"instances/{self.construct()}/memup/{number:05}_state.log", "".join(
            f"{iso(self.tick())} {sentence}\n"
            for sentence in self._chance.choices(self._sentences, k=40)))

    def document(self, number: int, _: int) -> None:
        size = int(min(2 << 20, 2000 * self._chance.paretovariate(0.9)))
        if number % 3:
            content = "\n".join(self._chance.choices(self._sentences, k=size // 60 + 1))
            self.write(f"library/documents/{number // 500:02}/{number:06}.md", content)
        else:
            self.write(f"library/media/{number:06}.png", self._chance.randbytes(size))

    def make(self) -> "Maker":
        self.write("account/profile.json", json.dumps({"user_name": "Ada Example"}))
        for kind, (count, turns) in SHARES.items():
            # Of the few large files there are as many at any scale, and they are smaller.
            few = count < 100
            for number in range(count if few else round(count * self.scale)):
                getattr(self, kind)(number, max(2, round(turns * self.scale)) if few else turns)
        for number in range(max(0, round(FILES * self.scale) - self.files)):
            self.document(number, 0)
        return self


def iso(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    days, inside = divmod(seconds, 86400)
    year, month, day = date_of(days)
    return (f"{year:04}-{month:02}-{day:02}T{inside // 3600:02}:{inside // 60 % 60:02}:"
            f"{inside % 60:02}.{rest:03}Z")


def clock(milliseconds: int) -> str:
    inside = milliseconds // 1000 % 86400
    hour = inside // 3600
    return (f"{(hour + 11) % 12 + 1:02}:{inside // 60 % 60:02}:{inside % 60:02} "
            f"{'PM' if hour >= 12 else 'AM'}")


def date_of(days: int) -> tuple:
    """The civil date of a day since 1970."""
    days += 719_468
    era, day_of_era = divmod(days, 146_097)
    year = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year + year // 4 - year // 100)
    part = (5 * day_of_year + 2) // 153
    month = part + 3 if part < 10 else part - 9
    return era * 400 + year + (month <= 2), month, day_of_year - (153 * part + 2) // 5 + 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--scale", type=float, default=1.0,
                        help="1.0 for 20,000 files and 500,000 messages")
    arguments = parser.parse_args()
    made = Maker(arguments.folder, arguments.scale).make()
    print(f"{made.files} files, {made.messages} messages, {made.bytes} bytes")


if __name__ == "__main__":
    main()
