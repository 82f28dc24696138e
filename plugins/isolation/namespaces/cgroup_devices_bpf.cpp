// SPDX-License-Identifier: Apache-2.0
#include "cgroup_devices_bpf.hpp"

#include <algorithm>
#include <iterator>
#include <ranges>

namespace rt::namespaces {
namespace {

bpf_insn instruction(unsigned code, unsigned dst, unsigned src, int offset, std::int32_t immediate) {
    bpf_insn out{};
    out.code = static_cast<__u8>(code);
    out.dst_reg = dst & 0xf;
    out.src_reg = src & 0xf;
    out.off = static_cast<__s16>(offset);
    out.imm = immediate;
    return out;
}

bpf_insn load_word(unsigned dst, unsigned offset) {
    return instruction(BPF_LDX | BPF_MEM | BPF_W, dst, BPF_REG_1, static_cast<int>(offset), 0);
}
bpf_insn move(unsigned dst, std::int32_t value) {
    return instruction(BPF_ALU | BPF_MOV | BPF_K, dst, 0, 0, value);
}

// The instructions of one rule; a comparison that fails jumps behind the rule's end.
std::vector<bpf_insn> rule_instructions(const DeviceRule& rule) {
    std::vector<bpf_insn> out;
    std::vector<std::size_t> to_end;
    const auto unless_equal = [&](unsigned reg, std::uint32_t value) {
        to_end.push_back(out.size());
        out.push_back(instruction(BPF_JMP32 | BPF_JNE | BPF_K, reg, 0, 0, static_cast<std::int32_t>(value)));
    };
    // r2: type, r3: access bits asked for, r4: major, r5: minor
    if (rule.type != 'a')
        unless_equal(BPF_REG_2, rule.type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
    const int access = (rule.mknod ? BPF_DEVCG_ACC_MKNOD : 0) | (rule.read ? BPF_DEVCG_ACC_READ : 0) |
                       (rule.write ? BPF_DEVCG_ACC_WRITE : 0);
    if (access != 7) {
        // Allowing takes all the bits asked for, denying any of them.
        out.push_back(instruction(BPF_ALU | BPF_MOV | BPF_X, BPF_REG_6, BPF_REG_3, 0, 0));
        out.push_back(
            instruction(BPF_ALU | BPF_AND | BPF_K, BPF_REG_6, 0, 0, rule.allow ? ~access & 7 : access));
        to_end.push_back(out.size());
        out.push_back(instruction(BPF_JMP32 | (rule.allow ? BPF_JNE : BPF_JEQ) | BPF_K, BPF_REG_6, 0, 0, 0));
    }
    if (rule.major) unless_equal(BPF_REG_4, *rule.major);
    if (rule.minor) unless_equal(BPF_REG_5, *rule.minor);
    out.push_back(move(BPF_REG_0, rule.allow ? 1 : 0));
    out.push_back(instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
    for (const auto at : to_end) out[at].off = static_cast<__s16>(out.size() - at - 1);
    return out;
}

bool matches_everything(const DeviceRule& rule) {
    return rule.type == 'a' && !rule.major && !rule.minor && rule.read && rule.write && rule.mknod;
}

} // namespace

std::vector<bpf_insn> device_program(const std::vector<DeviceRule>& rules) {
    // bpf_cgroup_dev_ctx: access_type (type in the low 16 bits, access in the high ones), major, minor
    std::vector<bpf_insn> out{
        load_word(BPF_REG_2, 0), instruction(BPF_ALU | BPF_AND | BPF_K, BPF_REG_2, 0, 0, 0xffff),
        load_word(BPF_REG_3, 0), instruction(BPF_ALU | BPF_RSH | BPF_K, BPF_REG_3, 0, 0, 16),
        load_word(BPF_REG_4, 4), load_word(BPF_REG_5, 8),
    };
    for (const auto& rule : std::views::reverse(rules)) {
        std::ranges::copy(rule_instructions(rule), std::back_inserter(out));
        if (matches_everything(rule)) return out; // the verifier refuses what can never be reached
    }
    out.push_back(move(BPF_REG_0, 0));
    out.push_back(instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
    return out;
}

Result<UniqueFd> load_device_program(const std::vector<DeviceRule>& rules) {
    const auto program = device_program(rules);
    bpf_attr load{};
    load.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
    load.insn_cnt = static_cast<__u32>(program.size());
    load.insns = reinterpret_cast<__u64>(program.data());
    load.license = reinterpret_cast<__u64>("Apache-2.0");
    UniqueFd loaded(static_cast<int>(::syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof load)));
    if (!loaded)
        return fail_errno(errno,
                          "load the program for the device rules (the kernel needs CONFIG_CGROUP_BPF)");
    return loaded;
}

Result<void> attach_device_program(int cgroup, const std::vector<DeviceRule>& rules) {
    RT_TRY_ASSIGN(const UniqueFd loaded, load_device_program(rules));
    bpf_attr attach{};
    attach.target_fd = static_cast<__u32>(cgroup);
    attach.attach_bpf_fd = static_cast<__u32>(loaded.get());
    attach.attach_type = BPF_CGROUP_DEVICE;
    attach.attach_flags = BPF_F_ALLOW_MULTI;
    if (::syscall(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof attach) < 0)
        return fail_errno(errno, "attach the program for the device rules to the cgroup");
    return {};
}

} // namespace rt::namespaces
