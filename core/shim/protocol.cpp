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
    case FrameType::create:
    case FrameType::exec:
    case FrameType::update: return kCreateLimit;
    case FrameType::reply: return kReplyLimit;
    case FrameType::stdin_data: return kDataLimit;
    case FrameType::output: return kDataLimit + 1;
    case FrameType::failed:
    case FrameType::serve_names:
    case FrameType::stand_still:
    case FrameType::go_on:
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
    case FrameType::rest:
    case FrameType::make_network_namespace:
    case FrameType::pause:
    case FrameType::resume:
    case FrameType::stats:
    case FrameType::processes:
    case FrameType::state:
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

void put(Encoder& out, const std::optional<ShimHealth>& health) {
    out.flag(health.has_value());
    if (!health) return;
    out.text(health->process_json).time(health->interval).time(health->timeout).time(health->start_period);
    out.time(health->start_interval).number(static_cast<std::uint32_t>(health->retries));
}

std::optional<ShimHealth> health_from(Decoder& in) {
    if (!in.flag()) return std::nullopt;
    ShimHealth health;
    health.process_json = in.text();
    health.interval = in.time();
    health.timeout = in.time();
    health.start_period = in.time();
    health.start_interval = in.time();
    health.retries = static_cast<int>(in.number<std::uint32_t>());
    return health;
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
    const ShimLog& log = container.log;
    out.text(log.driver).text(log.file.native()).time(log.max_size);
    out.number(static_cast<std::uint32_t>(log.max_files)).text(log.attributes);
    put(out, container.health);
    return out.take();
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
    message.container.log.driver = in.text();
    message.container.log.file = in.text();
    message.container.log.max_size = in.time();
    message.container.log.max_files = static_cast<int>(in.number<std::uint32_t>());
    message.container.log.attributes = in.text();
    message.container.health = health_from(in);
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
        .flag(record.oom_killed)
        .take();
}

Result<ExitRecord> decode_exit(std::string_view payload) {
    Decoder in(payload);
    ExitRecord record;
    record.exit_code = static_cast<int>(in.number<std::uint32_t>());
    record.finished_at = in.time();
    record.log_lines_lost = in.number<std::uint64_t>();
    record.oom_killed = in.flag();
    return complete(in, "exited", record);
}

std::string encode(const ExecMessage& message) {
    Encoder out;
    put(out, message.operation);
    return out.text(message.exec.id)
        .text(message.exec.process_json)
        .flag(message.exec.terminal)
        .flag(message.exec.open_stdin)
        .flag(message.attach)
        .flag(message.with_stdin)
        .take();
}

Result<ExecMessage> decode_exec(std::string_view payload) {
    Decoder in(payload);
    ExecMessage message;
    message.operation = operation_from(in);
    message.exec.id = in.text();
    message.exec.process_json = in.text();
    message.exec.terminal = in.flag();
    message.exec.open_stdin = in.flag();
    message.attach = in.flag();
    message.with_stdin = in.flag();
    return complete(in, "exec", std::move(message));
}

std::string encode(const UpdateMessage& message) {
    Encoder out;
    put(out, message.operation);
    return out.text(message.resources_json).take();
}

Result<UpdateMessage> decode_update(std::string_view payload) {
    Decoder in(payload);
    UpdateMessage message;
    message.operation = operation_from(in);
    message.resources_json = in.text();
    return complete(in, "update", std::move(message));
}

std::string encode(const ShimState& state) {
    Encoder out;
    out.text(state.phase).number(static_cast<std::uint32_t>(state.pid)).flag(state.paused).text(state.health);
    out.number(static_cast<std::uint32_t>(state.execs.size()));
    for (const ShimExecState& exec : state.execs) {
        out.text(exec.id).number(static_cast<std::uint32_t>(exec.pid)).flag(exec.running);
        out.number(static_cast<std::uint32_t>(exec.exit_code));
    }
    return out.take();
}

Result<ShimState> decode_state(std::string_view payload) {
    Decoder in(payload);
    ShimState state;
    state.phase = in.text();
    state.pid = static_cast<int>(in.number<std::uint32_t>());
    state.paused = in.flag();
    state.health = in.text();
    state.execs.resize(in.count(4 + 4 + 1 + 4));
    for (ShimExecState& exec : state.execs) {
        exec.id = in.text();
        exec.pid = static_cast<int>(in.number<std::uint32_t>());
        exec.running = in.flag();
        exec.exit_code = static_cast<int>(in.number<std::uint32_t>());
    }
    return complete(in, "state", std::move(state));
}

// A shim of an older version knows no links, and gets none from containers that have none.
std::string encode(const ShimNames& names) {
    Encoder out;
    out.texts(names.directories).texts(names.servers);
    if (names.links.empty()) return out.take();
    out.number(static_cast<std::uint32_t>(names.links.size()));
    for (const ShimNames::Link& link : names.links)
        out.number(link.network).text(link.name).text(link.target);
    return out.take();
}

Result<ShimNames> decode_names(std::string_view payload) {
    Decoder in(payload);
    ShimNames names;
    names.directories = in.texts();
    names.servers = in.texts();
    if (in.at_end()) return complete(in, "serve_names", std::move(names));
    names.links.resize(in.count(4 + 4 + 4));
    if (names.links.empty()) return fail(Code::corrupt, "serve_names: an empty list of links");
    for (ShimNames::Link& link : names.links) {
        link.network = in.number<std::uint32_t>();
        link.name = in.text();
        link.target = in.text();
        if (link.network >= names.directories.size())
            return fail(Code::corrupt, "serve_names: a link in network ", link.network, " of ",
                        names.directories.size());
    }
    return complete(in, "serve_names", std::move(names));
}

std::string encode_time(std::int64_t value) {
    return Encoder().time(value).take();
}

Result<std::int64_t> decode_time(std::string_view payload) {
    Decoder in(payload);
    const std::int64_t value = in.time();
    return complete(in, "time", value);
}

std::string encode_text(std::string_view text) {
    return Encoder().text(text).take();
}

Result<std::string> decode_text(std::string_view payload) {
    Decoder in(payload);
    std::string text = in.text();
    return complete(in, "text", std::move(text));
}

std::string encode_texts(const std::vector<std::string>& texts) {
    return Encoder().texts(texts).take();
}

Result<std::vector<std::string>> decode_texts(std::string_view payload) {
    Decoder in(payload);
    std::vector<std::string> texts = in.texts();
    return complete(in, "texts", std::move(texts));
}

std::string encode_numbers(const std::vector<int>& numbers) {
    Encoder out;
    out.number(static_cast<std::uint32_t>(numbers.size()));
    for (const int number : numbers) out.number(static_cast<std::uint32_t>(number));
    return out.take();
}

Result<std::vector<int>> decode_numbers(std::string_view payload) {
    Decoder in(payload);
    std::vector<int> numbers(in.count(sizeof(std::uint32_t)));
    for (int& number : numbers) number = static_cast<int>(in.number<std::uint32_t>());
    return complete(in, "numbers", std::move(numbers));
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
