// SPDX-License-Identifier: Apache-2.0
#include "core/shim/protocol.hpp"

#include "core/shim/wire.hpp"

#include <cstring>

namespace rt::shim {
namespace {

constexpr std::size_t kCreateLimit = 16U << 20U;
constexpr std::size_t kAnswerLimit = 256U << 10U;
constexpr std::size_t kSmallLimit = 4096;

// The longest payload of a type; empty for a type that there is not.
std::optional<std::size_t> limit_of(FrameType type) {
    switch (type) {
    case FrameType::launch: return kLaunchLimit;
    case FrameType::create: return kCreateLimit;
    case FrameType::stdin_data: return kDataLimit;
    case FrameType::output: return kDataLimit + 1;
    case FrameType::failed:
    case FrameType::created: return kAnswerLimit;
    case FrameType::start:
    case FrameType::signal:
    case FrameType::attach:
    case FrameType::stdin_close:
    case FrameType::resize:
    case FrameType::watch_exit:
    case FrameType::take_lease:
    case FrameType::give_up_lease:
    case FrameType::destroy:
    case FrameType::reaped:
    case FrameType::cancel:
    case FrameType::ok:
    case FrameType::exited:
    case FrameType::stdin_taken:
    case FrameType::network_namespace: return kSmallLimit;
    }
    return std::nullopt;
}

void put_u32(char* out, std::uint32_t value) {
    for (unsigned i = 0; i < 4; ++i) out[i] = static_cast<char>(value >> (8 * i));
}

std::uint32_t get_u32(const char* in) {
    std::uint32_t value = 0;
    for (unsigned i = 0; i < 4; ++i)
        value |= static_cast<std::uint32_t>(static_cast<unsigned char>(in[i])) << (8 * i);
    return value;
}

void put(Encoder& out, const OperationMessage& message) {
    out.text(message.id).time(message.deadline_ns);
}

OperationMessage operation_from(Decoder& in) {
    OperationMessage message;
    message.id = in.text();
    message.deadline_ns = in.time();
    return message;
}

void put(Encoder& out, const std::vector<Mount>& mounts) {
    out.number(static_cast<std::uint32_t>(mounts.size()));
    for (const Mount& mount : mounts)
        out.text(mount.type).text(mount.source).text(mount.target).texts(mount.options);
}

std::vector<Mount> mounts_from(Decoder& in) {
    std::vector<Mount> mounts(in.count(4 * sizeof(std::uint32_t)));
    for (Mount& mount : mounts) {
        mount.type = in.text();
        mount.source = in.text();
        mount.target = in.text();
        mount.options = in.texts();
    }
    return mounts;
}

// message, once all of it was there.
template <class Message>
Result<Message> complete(const Decoder& in, std::string_view what, Message message) {
    RT_TRY(in.finish(what));
    return message;
}

} // namespace

void write_header(char* out, const Header& header) {
    put_u32(out, header.length);
    put_u32(out + 4, static_cast<std::uint32_t>(header.type));
    put_u32(out + 8, header.request);
}

Result<Header> parse_header(std::string_view bytes) {
    if (bytes.size() < kHeaderSize) return fail(Code::corrupt, "the shim's protocol: a header is cut short");
    const Header header{get_u32(bytes.data()), static_cast<FrameType>(get_u32(bytes.data() + 4)),
                        get_u32(bytes.data() + 8)};
    const auto limit = limit_of(header.type);
    const auto type = static_cast<std::uint32_t>(header.type);
    if (!limit) return fail(Code::corrupt, "the shim's protocol: there is no frame of type ", type);
    if (header.length > *limit)
        return fail(Code::corrupt, "the shim's protocol: a frame of type ", type, " with ", header.length,
                    " bytes, at most ", *limit, " are allowed");
    return header;
}

std::string frame(FrameType type, std::uint32_t request, std::string_view payload) {
    std::string out(kHeaderSize, '\0');
    write_header(out.data(), {static_cast<std::uint32_t>(payload.size()), type, request});
    out += payload;
    return out;
}

void FrameReader::feed(std::string_view bytes) {
    if (consumed_ > 0) {
        buffer_.erase(0, consumed_);
        consumed_ = 0;
    }
    buffer_ += bytes;
}

Result<std::optional<Frame>> FrameReader::next() {
    const std::string_view rest = std::string_view(buffer_).substr(consumed_);
    if (rest.size() < kHeaderSize) return std::nullopt;
    RT_TRY_ASSIGN(const Header header, parse_header(rest));
    if (rest.size() - kHeaderSize < header.length) return std::nullopt;
    consumed_ += kHeaderSize + header.length;
    return Frame{header, rest.substr(kHeaderSize, header.length)};
}

bool FrameReader::has_frame() const {
    const std::string_view rest = std::string_view(buffer_).substr(consumed_);
    if (rest.size() < kHeaderSize) return false;
    const auto header = parse_header(rest);
    return !header || rest.size() - kHeaderSize >= header->length;
}

void FrameReader::release_if_empty() {
    if (consumed_ < buffer_.size()) return;
    std::string().swap(buffer_);
    consumed_ = 0;
}

std::string encode(const LaunchMessage& message) {
    const DriverSpec& driver = message.isolation;
    return Encoder()
        .text(message.container_id)
        .text(message.directory)
        .text(driver.file.native())
        .text(driver.instance)
        .text(driver.config_json)
        .text(driver.state_dir.native())
        .text(driver.run_dir.native())
        .flag(driver.drafts)
        .texts(message.reaper_command)
        .flag(message.make_network_namespace)
        .take();
}

Result<LaunchMessage> decode_launch(std::string_view payload) {
    Decoder in(payload);
    LaunchMessage message;
    message.container_id = in.text();
    message.directory = in.text();
    message.isolation.file = in.text();
    message.isolation.instance = in.text();
    message.isolation.config_json = in.text();
    message.isolation.state_dir = in.text();
    message.isolation.run_dir = in.text();
    message.isolation.drafts = in.flag();
    message.reaper_command = in.texts();
    message.make_network_namespace = in.flag();
    return complete(in, "launch", std::move(message));
}

std::string encode(const OperationMessage& message) {
    Encoder out;
    put(out, message);
    return out.take();
}

Result<OperationMessage> decode_operation(std::string_view payload) {
    Decoder in(payload);
    auto message = operation_from(in);
    return complete(in, "operation", std::move(message));
}

std::string encode(const CreateMessage& message) {
    const ShimContainer& container = message.container;
    Encoder out;
    put(out, message.operation);
    out.text(container.bundle_directory).text(container.config_json);
    put(out, container.rootfs);
    out.flag(container.terminal).flag(container.open_stdin).flag(container.stdin_once);
    return out.text(container.log_file.native()).take();
}

Result<CreateMessage> decode_create(std::string_view payload) {
    Decoder in(payload);
    CreateMessage message;
    message.operation = operation_from(in);
    message.container.bundle_directory = in.text();
    message.container.config_json = in.text();
    message.container.rootfs = mounts_from(in);
    message.container.terminal = in.flag();
    message.container.open_stdin = in.flag();
    message.container.stdin_once = in.flag();
    message.container.log_file = in.text();
    return complete(in, "create", std::move(message));
}

std::string encode(const StartMessage& message) {
    Encoder out;
    put(out, message.operation);
    return out.flag(message.attach).flag(message.with_stdin).take();
}

Result<StartMessage> decode_start(std::string_view payload) {
    Decoder in(payload);
    StartMessage message;
    message.operation = operation_from(in);
    message.attach = in.flag();
    message.with_stdin = in.flag();
    return complete(in, "start", std::move(message));
}

std::string encode(const SignalMessage& message) {
    Encoder out;
    put(out, message.operation);
    return out.number(static_cast<std::uint32_t>(message.number))
        .number(static_cast<std::uint32_t>(message.scope))
        .take();
}

Result<SignalMessage> decode_signal(std::string_view payload) {
    Decoder in(payload);
    SignalMessage message;
    message.operation = operation_from(in);
    message.number = static_cast<int>(in.number<std::uint32_t>());
    const auto scope = in.number<std::uint32_t>();
    message.scope = static_cast<SignalScope>(scope);
    if (message.number < 0 || message.number > 64 || scope > RTP_SIGNAL_ALL_PROCESSES)
        return fail(Code::corrupt, "the shim's protocol: a malformed 'signal'");
    return complete(in, "signal", std::move(message));
}

std::string encode(const CreatedMessage& message) {
    return Encoder()
        .number(static_cast<std::uint32_t>(message.pid))
        .flag(message.has_netns)
        .texts(message.warnings)
        .take();
}

Result<CreatedMessage> decode_created(std::string_view payload) {
    Decoder in(payload);
    CreatedMessage message;
    message.pid = static_cast<int>(in.number<std::uint32_t>());
    message.has_netns = in.flag();
    message.warnings = in.texts();
    return complete(in, "created", std::move(message));
}

std::string encode(const StdinTaken& message) {
    return Encoder().number(message.bytes).flag(message.open).take();
}

Result<StdinTaken> decode_stdin_taken(std::string_view payload) {
    Decoder in(payload);
    StdinTaken message;
    message.bytes = in.number<std::uint32_t>();
    message.open = in.flag();
    return complete(in, "stdin_taken", message);
}

std::string encode(const ResizeMessage& message) {
    return Encoder().number(message.rows).number(message.columns).take();
}

Result<ResizeMessage> decode_resize(std::string_view payload) {
    Decoder in(payload);
    ResizeMessage message;
    message.rows = in.number<std::uint16_t>();
    message.columns = in.number<std::uint16_t>();
    return complete(in, "resize", message);
}

std::string encode(const Error& error) {
    return Encoder()
        .number(static_cast<std::uint32_t>(error.code))
        .number(static_cast<std::uint32_t>(error.sys_errno))
        .text(std::string_view(error.message).substr(0, 64U << 10U))
        .take();
}

Result<Error> decode_error(std::string_view payload) {
    Decoder in(payload);
    Error error;
    const auto code = in.number<std::uint32_t>();
    error.code = static_cast<Code>(code);
    error.sys_errno = static_cast<int>(in.number<std::uint32_t>());
    error.message = in.text();
    if (code < RTP_INVALID_ARGUMENT || code > RTP_INTERNAL)
        return fail(Code::corrupt, "the shim's protocol: there is no code ", code);
    return complete(in, "failed", std::move(error));
}

std::string encode(const ExitRecord& record) {
    return Encoder()
        .number(static_cast<std::uint32_t>(record.exit_code))
        .time(record.finished_at)
        .number(record.log_lines_lost)
        .take();
}

Result<ExitRecord> decode_exit(std::string_view payload) {
    Decoder in(payload);
    ExitRecord record;
    record.exit_code = static_cast<int>(in.number<std::uint32_t>());
    record.finished_at = in.time();
    record.log_lines_lost = in.number<std::uint64_t>();
    return complete(in, "exited", record);
}

std::string encode_flag(bool value) {
    return Encoder().flag(value).take();
}

Result<bool> decode_flag(std::string_view payload) {
    Decoder in(payload);
    const bool value = in.flag();
    return complete(in, "flag", value);
}

} // namespace rt::shim
