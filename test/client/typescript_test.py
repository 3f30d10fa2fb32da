"""clients/typescript against a real vault: what it sends is stored, what happens is shown, and an
outage of the gateway or of Postgres loses and doubles nothing. Its README's example runs as it stands.
"""

import re
import unittest
from pathlib import Path

from client_case import PACKAGE, ClientCase
from harness.paths import fresh_directory

JOURNEYS = Path(__file__).resolve().parent / "journeys"


class TypescriptTest(ClientCase):
    def journey(self, name: str) -> None:
        output = self.node("--test", "--test-reporter=tap", JOURNEYS / f"{name}.test.js")
        self.assertRegex(output, r"(?m)^# pass [1-9]")

    def test_every_call(self):
        self.journey("calls")

    def test_live_and_away(self):
        self.journey("live")

    def test_the_example_of_the_readme(self):
        text = (PACKAGE / "README.md").read_text(encoding="utf-8")
        example = re.search(r"```ts\n(.*?)```", text, re.DOTALL).group(1)
        example = example.replace('"vvault-client', f'"{PACKAGE}/dist').replace("dist\"", 'dist/index.js"') \
            .replace("dist/node\"", 'dist/node.js"')
        folder = fresh_directory("readme")
        (folder / "example.mjs").write_text(example, encoding="utf-8")
        output = self.node(folder / "example.mjs", cwd=folder, OUTBOX=str(folder / "outbox"))
        said = re.findall(r"```text\n(.*?)```", text, re.DOTALL)[0]
        self.assertEqual(output, said)


if __name__ == "__main__":
    unittest.main()
