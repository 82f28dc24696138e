# SPDX-License-Identifier: Apache-2.0
"""Which tests of the build tree run in the machine, by the file 'selection', and in what portions."""
import fnmatch, os, subprocess

PORTION = 12  # tests that one process runs: to begin one costs an emulated machine half a second


def read_selection(path):
    """Of each program the rules in their order: (word, pattern)."""
    rules, program = {}, None
    with open(path) as file:
        for number, line in enumerate(file, 1):
            words = line.split(maxsplit=2)
            if not words or words[0].startswith("#"):
                continue
            if len(words) == 1 and words[0].startswith("["):
                program = rules.setdefault(words[0].strip("[]"), [])
            elif len(words) == 3 and words[0] in ("run", "leave") and program is not None:
                program.append((words[0], words[1]))
            else:
                raise SystemExit(f"vm: {path}:{number}: neither '[program]' nor 'run|leave PATTERN REASON'")
    return rules


def names_of(program):
    """Of its tests, with their parameters."""
    done = subprocess.run([program, "--gtest_list_tests"], capture_output=True, text=True, check=True)
    group, names = "", []
    for line in done.stdout.splitlines():
        word = line.split("#")[0].strip()
        if line.startswith("  "):
            names.append(group + word)
        elif word.endswith("."):
            group = word
    return names


def chosen(path, program, names, rules):
    """Those that the first rule that fits lets run; what none fits runs."""
    used, out = set(), []
    for name in names:
        rule = next((rule for rule in rules if fnmatch.fnmatchcase(name, rule[1])), None)
        used.add(rule)
        if rule is None or rule[0] == "run":
            out.append(name)
    for word, pattern in rules:
        if (word, pattern) not in used:
            raise SystemExit(f"vm: {path}: '{word} {pattern}' of {program} decides about no test; mend or remove it")
    return out


def programs_of(build):
    return sorted(name for name in os.listdir(f"{build}/tests") if name.endswith("_root_test"))


def all_tests(build):
    """(program, test)"""
    return [(program, name) for program in programs_of(build) for name in names_of(f"{build}/tests/{program}")]


def select(selection, build):
    """(program, test) for all that are to run."""
    rules, programs = read_selection(selection), programs_of(build)
    for name in sorted({*programs} ^ {*rules}):
        missing = f"there is no program '{name}'" if name in rules else f"nothing is said about '{name}'"
        raise SystemExit(f"vm: {selection}: {missing}")
    return [(program, name) for program in programs
            for name in chosen(selection, program, names_of(f"{build}/tests/{program}"), rules[program])]


def portions(tests):
    """[(program, [test])]: tests of one group of one program together, as many as one process is to run."""
    groups = {}
    for program, name in tests:
        groups.setdefault((program, name.split(".")[0]), []).append(name)
    return [(program, names[at:at + PORTION]) for (program, _), names in groups.items()
            for at in range(0, len(names), PORTION)]
