# SPDX-License-Identifier: Apache-2.0
"""What the boots have brought back, as one JUnit file."""
import os
import xml.etree.ElementTree as tree

from image import say

QUIET = {"prepare", "pulled", "load", "suite"}  # phases that have no verdicts of their own


def cases_of(path):
    """A file that is cut off has none: its program ended early."""
    try:
        return list(tree.parse(path).iter("testcase"))
    except tree.ParseError:
        return []


class Report:
    def __init__(self):
        self.root, self.names, self.failed, self.done_again = tree.Element("testsuites"), set(), [], 0

    def note_again(self, phases, problem):
        say(f"{phases}: {problem}; once more")
        self.done_again += 1
        properties = tree.SubElement(tree.SubElement(self.root, "testsuite", name=phases), "properties")
        tree.SubElement(properties, "property", name="done again", value=problem)

    def add(self, boot):
        directory = boot.unpack()
        for phase in set(boot.phases) - QUIET:
            if not os.path.exists(f"{directory}/{phase}.xml"):
                self.fail(boot.name, phase, f"did not come to its end; see {boot.console.name}")
        suite = tree.SubElement(self.root, "testsuite", name=boot.name)
        for at, directories, names in os.walk(directory):
            directories.sort()
            for name in sorted(name for name in names if name.endswith(".xml")):
                for case in cases_of(f"{at}/{name}"):
                    self.count(suite, name.split(".")[0], case)

    def count(self, suite, origin, case):
        """origin: a phase, or a program whose tests are in groups."""
        group = case.get("classname")
        case.set("classname", group if group == origin else f"{origin}.{group}")
        name = f"{case.get('classname')}.{case.get('name')}"
        self.names.add(name)
        suite.append(case)
        if (skipped := case.find("skipped")) is not None:
            case.remove(skipped)
            text = skipped.get("message") or skipped.text or ""
            tree.SubElement(case, "failure", message=f"was to run and said: {text.strip()}")
        if case.find("failure") is not None:
            self.failed.append(name)

    def fail(self, place, name, why):
        suite = tree.SubElement(self.root, "testsuite", name=place)
        case = tree.SubElement(suite, "testcase", classname=place, name=name)
        tree.SubElement(case, "failure", message=why)
        self.failed.append(f"{place}.{name}: {why}")

    def expect(self, tests):
        """(program, test) that were to run: one without a result has failed."""
        for program, name in tests:
            if f"{program}.{name}" not in self.names:
                self.fail(program, name, "no result: its program, or the machine, ended before")

    def count_of_cases(self):
        return len(self.root.findall("*/testcase"))

    def write(self, path):
        for suite in self.root:
            suite.set("tests", str(len(suite.findall("testcase"))))
            suite.set("failures", str(sum(case.find("failure") is not None for case in suite)))
        tree.ElementTree(self.root).write(path, encoding="utf-8", xml_declaration=True)
