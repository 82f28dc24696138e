// SPDX-License-Identifier: Apache-2.0
#include "seccomp_profile.hpp"

#include <linux/audit.h>
#include <linux/seccomp.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <ranges>

namespace rt::namespaces {
namespace {

constexpr std::uint32_t kX32Bit = 0x40000000;
constexpr std::size_t kLongestProgram = BPF_MAXINSNS;
constexpr std::uint32_t kWrongArchitecture = SECCOMP_RET_KILL_PROCESS;

// Calls that are newer than Debian 12's libseccomp. Since 424 every architecture has the same numbers.
constexpr std::array<std::pair<std::string_view, int>, 19> kNewCalls{{
    {"cachestat", 451},         {"fchmodat2", 452},         {"map_shadow_stack", 453}, {"futex_wake", 454},
    {"futex_wait", 455},        {"futex_requeue", 456},     {"statmount", 457},        {"listmount", 458},
    {"lsm_get_self_attr", 459}, {"lsm_set_self_attr", 460}, {"lsm_list_modules", 461}, {"mseal", 462},
    {"setxattrat", 463},        {"getxattrat", 464},        {"listxattrat", 465},      {"removexattrat", 466},
    {"open_tree_attr", 467},    {"file_getattr", 468},      {"file_setattr", 469},
}};
constexpr int kUretprobeOnX86_64 = 335;

// i386 has each of these calls twice: by itself, and as a number that socketcall or ipc takes as first
// argument. libseccomp gives the second kind as -100 - number and -200 - number.
constexpr int kI386Socketcall = 102, kI386Ipc = 117;
constexpr std::array<std::pair<std::string_view, int>, 25> kI386Direct{{
    {"socket", 359},  {"socketpair", 360}, {"bind", 361},       {"connect", 362},     {"listen", 363},
    {"accept4", 364}, {"getsockopt", 365}, {"setsockopt", 366}, {"getsockname", 367}, {"getpeername", 368},
    {"sendto", 369},  {"sendmsg", 370},    {"recvfrom", 371},   {"recvmsg", 372},     {"shutdown", 373},
    {"semget", 393},  {"semctl", 394},     {"shmget", 395},     {"shmctl", 396},      {"shmat", 397},
    {"shmdt", 398},   {"msgget", 399},     {"msgsnd", 400},     {"msgrcv", 401},      {"msgctl", 402},
}};

template <std::size_t Count>
std::optional<int> look_up(const std::array<std::pair<std::string_view, int>, Count>& table,
                           std::string_view name) {
    const auto found = std::ranges::find(table, name, &std::pair<std::string_view, int>::first);
    return found == table.end() ? std::nullopt : std::optional(found->second);
}

// What happens for one call: rules with conditions in their order, then an action.
struct Behaviour {
    std::vector<const SeccompRule*> conditional;
    std::vector<SeccompRule> made; // for multiplexed calls
    std::optional<std::uint32_t> action;
};

using Calls = std::map<std::uint32_t, Behaviour>; // by number

void add_rule(Calls& calls, std::uint32_t number, const SeccompRule& rule) {
    Behaviour& behaviour = calls[number];
    if (!rule.conditions.empty())
        behaviour.conditional.push_back(&rule);
    else if (!behaviour.action)
        behaviour.action = rule.action;
}

// The arguments of a multiplexed call are in memory. A rule that allows under conditions on them is passed
// over, one that forbids is applied to all.
void add_multiplexed(Calls& calls, int pseudo, const SeccompRule& rule) {
    if (rule.action == SECCOMP_RET_ALLOW && !rule.conditions.empty()) return;
    const bool socket = pseudo > -200;
    const auto number = static_cast<std::uint64_t>(socket ? -100 - pseudo : -200 - pseudo);
    calls[socket ? kI386Socketcall : kI386Ipc].made.push_back(
        {rule.name, rule.action, {{0, SCMP_CMP_MASKED_EQ, 0xffff, number}}});
}

void add_named(Calls& calls, std::uint32_t architecture, const SeccompRule& rule) {
    int number = ::seccomp_syscall_resolve_name_arch(architecture, rule.name.c_str());
    if (architecture == SCMP_ARCH_X86 && number <= -100 && number > -300) {
        add_multiplexed(calls, number, rule);
        number = look_up(kI386Direct, rule.name).value_or(-1);
    }
    if (number == __NR_SCMP_ERROR) {
        number = look_up(kNewCalls, rule.name).value_or(-1);
        if (number < 0 && rule.name == "uretprobe" && architecture == SCMP_ARCH_X86_64)
            number = kUretprobeOnX86_64;
        if (number >= 0 && architecture == SCMP_ARCH_X32) number |= kX32Bit;
    }
    if (number >= 0) add_rule(calls, static_cast<std::uint32_t>(number), rule);
}

// Where control goes: to an action, or to an instruction that is there already.
struct Target {
    std::optional<std::uint32_t> action;
    std::size_t label = 0;
};
Target gives(std::uint32_t action) {
    return {action, 0};
}

// Writes a program from its end to its beginning, so that every jump's goal is known, and actions are shared.
// A label is the number of instructions behind one. The size counts: the kernel translates every instruction
// at every start.
class Assembler {
public:
    [[nodiscard]] std::size_t size() const { return code_.size(); }
    Target load(std::uint32_t offset) { return put({BPF_LD | BPF_W | BPF_ABS, 0, 0, offset}); }
    Target mask(std::uint32_t bits) { return put({BPF_ALU | BPF_AND | BPF_K, 0, 0, bits}); }
    Target branch(unsigned test, std::uint32_t value, const Target& yes, const Target& no) {
        const auto yes_label = near(yes), no_label = near(no);
        return put(
            {static_cast<__u16>(BPF_JMP | test | BPF_K), distance(yes_label), distance(no_label), value});
    }
    // Makes the target what the instruction written next falls through to.
    void continue_at(const Target& target) {
        if (target.action)
            put({BPF_RET | BPF_K, 0, 0, *target.action});
        else if (target.label + 1 != code_.size())
            put({BPF_JMP | BPF_JA, 0, 0, static_cast<std::uint32_t>(code_.size() - target.label - 1)});
    }
    [[nodiscard]] std::vector<sock_filter> take() {
        std::ranges::reverse(code_);
        return std::move(code_);
    }

private:
    static constexpr std::size_t kReach = 250; // of a conditional jump; a few less than its 255

    Target put(sock_filter one) {
        code_.push_back(one);
        return {std::nullopt, code_.size() - 1};
    }
    [[nodiscard]] __u8 distance(std::size_t label) const {
        return static_cast<__u8>(code_.size() - label - 1);
    }
    [[nodiscard]] bool reaches(std::size_t label) const { return code_.size() - label < kReach; }

    // A label within reach that leads to the target.
    std::size_t near(const Target& target) {
        if (!target.action) {
            if (!reaches(target.label))
                continue_at(target);
            else
                return target.label;
        } else {
            const auto shared = actions_.find(*target.action);
            if (shared != actions_.end() && reaches(shared->second)) return shared->second;
            continue_at(target);
            actions_[*target.action] = code_.size() - 1;
        }
        return code_.size() - 1;
    }

    std::vector<sock_filter> code_;
    std::map<std::uint32_t, std::size_t> actions_;
};

// One comparison of an argument: of 64 bits in two halves, or of the lower one alone.
Target emit_condition(Assembler& out, const SeccompCondition& condition, bool little_endian,
                      const Target& yes, const Target& no) {
    const std::uint32_t base = offsetof(seccomp_data, args) + condition.index * 8;
    const bool masked = condition.compare == SCMP_CMP_MASKED_EQ;
    const std::uint64_t wanted = masked ? condition.second : condition.value;
    const auto high = static_cast<std::uint32_t>(wanted >> 32), low = static_cast<std::uint32_t>(wanted);
    const auto load_half = [&](bool high_half) { // in front of its test, which was written last
        if (masked) out.mask(static_cast<std::uint32_t>(condition.value >> (high_half ? 32 : 0)));
        return out.load(base + (high_half == little_endian ? 4 : 0));
    };
    const auto test_low = [&] {
        switch (condition.compare) {
        case SCMP_CMP_NE: return out.branch(BPF_JEQ, low, no, yes);
        case SCMP_CMP_GT: return out.branch(BPF_JGT, low, yes, no);
        case SCMP_CMP_GE: return out.branch(BPF_JGE, low, yes, no);
        case SCMP_CMP_LT: return out.branch(BPF_JGE, low, no, yes);
        case SCMP_CMP_LE: return out.branch(BPF_JGT, low, no, yes);
        default: return out.branch(BPF_JEQ, low, yes, no); // EQ, MASKED_EQ
        }
    };
    test_low();
    const Target low_half = load_half(false);
    if (condition.low_half) return low_half;
    const auto test_high = [&] {
        switch (condition.compare) {
        case SCMP_CMP_NE: return out.branch(BPF_JEQ, high, low_half, yes);
        case SCMP_CMP_GT:
        case SCMP_CMP_GE: return out.branch(BPF_JGT, high, yes, out.branch(BPF_JEQ, high, low_half, no));
        case SCMP_CMP_LT:
        case SCMP_CMP_LE: return out.branch(BPF_JGT, high, no, out.branch(BPF_JEQ, high, low_half, yes));
        default: return out.branch(BPF_JEQ, high, low_half, no);
        }
    };
    test_high();
    return load_half(true);
}

// Where to go when a rule's conditions hold is its action, else next.
Target emit_rule(Assembler& out, const SeccompRule& rule, bool little_endian, const Target& next) {
    Target entry = gives(rule.action);
    for (const auto& condition : std::views::reverse(rule.conditions))
        entry = emit_condition(out, condition, little_endian, entry, next);
    return entry;
}

// Numbers from first up to the next interval's first behave alike.
struct Interval {
    std::uint32_t first;
    const Behaviour* behaviour; // nullptr: action
    std::uint32_t action;

    [[nodiscard]] bool same_as(const Interval& other) const {
        return behaviour == nullptr && other.behaviour == nullptr && action == other.action;
    }
};

void append(std::vector<Interval>& intervals, const Interval& next) {
    if (!intervals.empty() && intervals.back().first == next.first) intervals.pop_back();
    if (intervals.empty() || !intervals.back().same_as(next)) intervals.push_back(next);
}

Target emit_search(Assembler& out, std::span<const Interval> intervals, std::uint32_t fallback,
                   bool little_endian) {
    if (intervals.size() == 1) {
        const Interval& leaf = intervals.front();
        if (leaf.behaviour == nullptr) return gives(leaf.action);
        Target entry = gives(leaf.behaviour->action.value_or(fallback));
        for (const auto* rule : std::views::reverse(leaf.behaviour->conditional))
            entry = emit_rule(out, *rule, little_endian, entry);
        for (const auto& rule : std::views::reverse(leaf.behaviour->made))
            entry = emit_rule(out, rule, little_endian, entry);
        return entry;
    }
    const auto middle = intervals.size() / 2;
    const Target right = emit_search(out, intervals.subspan(middle), fallback, little_endian);
    const Target left = emit_search(out, intervals.first(middle), fallback, little_endian);
    return out.branch(BPF_JGE, intervals[middle].first, right, left);
}

// Adds the calls of one architecture; what comes after the last number it names is unknown to the profile.
void add_intervals(std::vector<Interval>& intervals, const Calls& calls, std::uint32_t base,
                   std::uint32_t default_action) {
    append(intervals, {base, nullptr, default_action});
    std::uint32_t next = base;
    for (const auto& [number, behaviour] : calls) {
        if (number != next) append(intervals, {next, nullptr, default_action});
        const bool plain = behaviour.conditional.empty() && behaviour.made.empty();
        append(intervals, {number, plain ? nullptr : &behaviour, behaviour.action.value_or(default_action)});
        next = number + 1;
    }
    const bool refuses = (default_action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO && !calls.empty();
    append(intervals, {next, nullptr, refuses ? SECCOMP_RET_ERRNO | ENOSYS : default_action});
}

Calls resolve(const SeccompProfile& profile, std::uint32_t architecture) {
    Calls calls;
    for (const auto& rule : profile.rules) add_named(calls, architecture, rule);
    return calls;
}

// The code of one architecture's calls. x32 shares the audit number of x86-64.
Target emit_architecture(Assembler& out, const SeccompProfile& profile, std::uint32_t architecture,
                         bool with_x32) {
    const Calls calls = resolve(profile, architecture);
    const Calls x32_calls = with_x32 ? resolve(profile, SCMP_ARCH_X32) : Calls();
    std::vector<Interval> intervals;
    add_intervals(intervals, calls, 0, profile.default_action);
    if (architecture == SCMP_ARCH_X86_64) {
        if (with_x32)
            add_intervals(intervals, x32_calls, kX32Bit, profile.default_action);
        else
            append(intervals, {kX32Bit, nullptr, kWrongArchitecture});
        append(intervals, {UINT32_MAX, nullptr, profile.default_action}); // -1: a tracer took the call away
    }
    out.continue_at(
        emit_search(out, intervals, profile.default_action, (architecture & __AUDIT_ARCH_LE) != 0));
    return out.load(offsetof(seccomp_data, nr));
}

} // namespace

std::vector<std::uint32_t> runnable_architectures() {
#if defined(__x86_64__)
    return {SCMP_ARCH_X86, SCMP_ARCH_X32, SCMP_ARCH_X86_64};
#elif defined(__aarch64__)
    return {SCMP_ARCH_ARM, SCMP_ARCH_AARCH64};
#else
#error "this architecture's system calls have not been looked at: add it here and in the default profile"
#endif
}

Result<SeccompProgram> compile_seccomp(const SeccompProfile& profile) {
    const auto listed = [&](std::uint32_t architecture) {
        return std::ranges::find(profile.architectures, architecture) != profile.architectures.end();
    };
    Assembler out;
    Target entry = gives(kWrongArchitecture);
    for (const auto architecture : runnable_architectures()) { // the native one last: it is asked for first
        if (architecture == SCMP_ARCH_X32 ||
            (!listed(architecture) && architecture != ::seccomp_arch_native()))
            continue;
        const bool with_x32 = architecture == SCMP_ARCH_X86_64 && listed(SCMP_ARCH_X32);
        const Target calls = emit_architecture(out, profile, architecture, with_x32);
        entry = out.branch(BPF_JEQ, architecture, calls, entry);
    }
    out.continue_at(entry);
    out.load(offsetof(seccomp_data, arch));
    if (out.size() > kLongestProgram)
        return fail(Code::invalid_argument, "the seccomp profile needs ", out.size(),
                    " instructions, more than the kernel's ", kLongestProgram, "; give it fewer rules");
    return SeccompProgram{out.take(), profile.flags};
}

} // namespace rt::namespaces
