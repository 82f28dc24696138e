// SPDX-License-Identifier: Apache-2.0
#include "core/shim/protocol.hpp"

#include "core/shim/wire.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <random>

namespace rt::shim {
namespace {

CreateMessage sample_create() {
    CreateMessage message;
    message.operation = {"op-1", 123456789012345};
    message.container.bundle_directory = "/run/rt/c/bundle";
    message.container.config_json = "{\"ociVersion\":\"1.2.0\"}";
    message.container.rootfs = {{"overlay", "overlay", "", {"lowerdir=/a:/b", "upperdir=/c"}},
                                {"bind", "/src", "/dst", {}}};
    message.container.terminal = true;
    message.container.stdin_once = true;
    message.container.log.file = "/var/lib/rt/log";
    return message;
}

TEST(ShimProtocol, CarriesLaunchMessages) {
    const LaunchMessage in{"abc",
                           "/run/rt/abc",
                           DriverSpec{"/x.so", "bulk", "{\"a\":1}", "/state", "/run", true},
                           {"/usr/bin/rtctl", "internal", "reap"},
                           true};
    const auto out = decode_launch(encode(in));
    ASSERT_TRUE(out);
    EXPECT_EQ(out->container_id, in.container_id);
    EXPECT_EQ(out->directory, in.directory);
    EXPECT_EQ(out->isolation.file, in.isolation.file);
    EXPECT_EQ(out->isolation.instance, "bulk");
    EXPECT_EQ(out->isolation.config_json, in.isolation.config_json);
    EXPECT_EQ(out->isolation.state_dir, "/state");
    EXPECT_EQ(out->isolation.run_dir, "/run");
    EXPECT_TRUE(out->isolation.drafts);
    EXPECT_EQ(out->reaper_command, in.reaper_command);
    EXPECT_TRUE(out->make_network_namespace);
}

TEST(ShimProtocol, CarriesStartMessages) {
    const auto out = decode_start(encode(StartMessage{{"op-1", 7}, true, false}));
    ASSERT_TRUE(out);
    EXPECT_EQ(out->operation.id, "op-1");
    EXPECT_EQ(out->operation.deadline_ns, 7);
    EXPECT_TRUE(out->attach);
    EXPECT_FALSE(out->with_stdin);
}

TEST(ShimProtocol, CarriesCreateMessages) {
    const CreateMessage in = sample_create();
    const auto out = decode_create(encode(in));
    ASSERT_TRUE(out);
    EXPECT_EQ(out->operation.id, "op-1");
    EXPECT_EQ(out->operation.deadline_ns, 123456789012345);
    EXPECT_EQ(out->container.bundle_directory, in.container.bundle_directory);
    EXPECT_EQ(out->container.config_json, in.container.config_json);
    ASSERT_EQ(out->container.rootfs.size(), 2U);
    EXPECT_EQ(out->container.rootfs[0].options, in.container.rootfs[0].options);
    EXPECT_EQ(out->container.rootfs[1].target, "/dst");
    EXPECT_TRUE(out->container.terminal);
    EXPECT_FALSE(out->container.open_stdin);
    EXPECT_TRUE(out->container.stdin_once);
    EXPECT_EQ(out->container.log.file, in.container.log.file);
}

TEST(Protocol, NamesOfAContainerWithoutLinksAreAsTheyAlwaysWere) {
    const ShimNames plain{{"/a", "/b"}, {"10.0.0.1"}, {}};
    EXPECT_EQ(encode(plain), Encoder().texts(plain.directories).texts(plain.servers).take());
    const ShimNames linked{{"/a", "/b"}, {}, {{1, "db", "web"}}};
    const auto out = decode_names(encode(linked));
    ASSERT_TRUE(out) << out.error().message;
    EXPECT_EQ(out->directories, linked.directories);
    ASSERT_EQ(out->links.size(), 1U);
    EXPECT_EQ(out->links[0].network, 1U);
    EXPECT_EQ(out->links[0].name, "db");
    EXPECT_EQ(out->links[0].target, "web");
    EXPECT_FALSE(decode_names(encode(ShimNames{{"/a"}, {}, {{1, "db", "web"}}})))
        << "of a network that is not there";
}

TEST(ShimProtocol, CarriesTheSmallMessages) {
    const auto signal = decode_signal(encode(SignalMessage{{"op", -1}, 15, SignalScope::all_processes}));
    ASSERT_TRUE(signal);
    EXPECT_EQ(signal->number, 15);
    EXPECT_EQ(signal->scope, SignalScope::all_processes);
    EXPECT_EQ(signal->operation.deadline_ns, -1);

    const auto created = decode_created(encode(CreatedMessage{4242, true, {"one", "two"}}));
    ASSERT_TRUE(created);
    EXPECT_EQ(created->pid, 4242);
    EXPECT_TRUE(created->has_netns);
    EXPECT_EQ(created->warnings, (std::vector<std::string>{"one", "two"}));

    const auto error = decode_error(encode(Error{Code::not_found, ENOENT, "no such thing"}));
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code, Code::not_found);
    EXPECT_EQ(error->sys_errno, ENOENT);
    EXPECT_EQ(error->message, "no such thing");

    const auto exit = decode_exit(encode(ExitRecord{137, 1234567890123456789, 5}));
    ASSERT_TRUE(exit);
    EXPECT_EQ(exit->exit_code, 137);
    EXPECT_EQ(exit->finished_at, 1234567890123456789);
    EXPECT_EQ(exit->log_lines_lost, 5U);

    const auto taken = decode_stdin_taken(encode(StdinTaken{65536, false}));
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->bytes, 65536U);
    EXPECT_FALSE(taken->open);

    const auto resize = decode_resize(encode(ResizeMessage{25, 65535}));
    ASSERT_TRUE(resize);
    EXPECT_EQ(resize->rows, 25);
    EXPECT_EQ(resize->columns, 65535);
}

// Every cut and every lengthening of a message is refused, whatever its kind.
TEST(ShimProtocol, RefusesMessagesThatAreTooShortOrTooLong) {
    const auto check = [](const std::string& good, const std::function<bool(std::string_view)>& decodes) {
        ASSERT_TRUE(decodes(good));
        for (std::size_t size = 0; size < good.size(); ++size)
            EXPECT_FALSE(decodes(std::string_view(good).substr(0, size))) << size << " of " << good.size();
        EXPECT_FALSE(decodes(good + '\0'));
    };
    check(encode(sample_create()), [](std::string_view s) { return decode_create(s).has_value(); });
    check(encode(LaunchMessage{
              "id", "/d", DriverSpec{"/x.so", "x", "{}", "/s", "/r", false}, {"/bin/true"}, false}),
          [](std::string_view s) { return decode_launch(s).has_value(); });
    check(encode(StartMessage{{"op", 0}, true, true}),
          [](std::string_view s) { return decode_start(s).has_value(); });
    check(encode(SignalMessage{{"op", 0}, 9, {}}),
          [](std::string_view s) { return decode_signal(s).has_value(); });
    check(encode(CreatedMessage{1, false, {"w"}}),
          [](std::string_view s) { return decode_created(s).has_value(); });
    check(encode(Error{Code::internal, 0, "x"}),
          [](std::string_view s) { return decode_error(s).has_value(); });
    check(encode(ExitRecord{}), [](std::string_view s) { return decode_exit(s).has_value(); });
    check(encode(StdinTaken{}), [](std::string_view s) { return decode_stdin_taken(s).has_value(); });
    check(encode(ResizeMessage{}), [](std::string_view s) { return decode_resize(s).has_value(); });
    check(encode(OperationMessage{"op", 0}),
          [](std::string_view s) { return decode_operation(s).has_value(); });
    check(encode_flag(true), [](std::string_view s) { return decode_flag(s).has_value(); });
}

TEST(ShimProtocol, RefusesValuesThatAMessageCannotHave) {
    EXPECT_FALSE(decode_flag("\x02"));
    EXPECT_FALSE(decode_error(encode(Error{static_cast<Code>(0), 0, ""})));
    EXPECT_FALSE(decode_error(encode(Error{static_cast<Code>(13), 0, ""})));
    EXPECT_FALSE(decode_signal(encode(SignalMessage{{"op", 0}, 65, {}})));
    EXPECT_FALSE(decode_signal(encode(SignalMessage{{"op", 0}, -1, {}})));
    EXPECT_FALSE(decode_signal(encode(SignalMessage{{"op", 0}, 1, static_cast<SignalScope>(2)})));
    EXPECT_FALSE(decode_operation(encode(OperationMessage{std::string("a\0b", 3), 0})))
        << "texts go on as C strings";
}

TEST(ShimProtocol, DoesNotBelieveAListsLength) {
    // 2^32 - 1 items in four bytes: refused before anything of that size is made.
    const std::string list = Encoder().number(0xFFFFFFFFU).number(0U).take();
    Decoder in(list);
    EXPECT_TRUE(in.texts().empty());
    EXPECT_FALSE(in.finish("list"));
}

TEST(ShimProtocol, SurvivesRandomBytes) {
    std::mt19937 random(1); // NOLINT: the same each time
    for (int round = 0; round < 20'000; ++round) {
        std::string bytes(random() % 64, '\0');
        for (char& c : bytes) c = static_cast<char>(random() % 7 == 0 ? random() : random() % 3);
        (void)decode_create(bytes);
        (void)decode_launch(bytes);
        (void)decode_created(bytes);
        FrameReader reader;
        reader.feed(bytes);
        for (auto next = reader.next(); next && *next; next = reader.next()) {
        }
    }
}

TEST(ShimFrames, ComeOutAsTheyWentInHoweverTheyAreCut) {
    const std::string stream = frame(FrameType::ok, 7) + frame(FrameType::stdin_data, 0, "payload") +
                               frame(FrameType::output, 1, std::string(kDataLimit + 1, 'x'));
    for (const std::size_t step : {std::size_t{1}, std::size_t{5}, std::size_t{4096}, stream.size()}) {
        FrameReader reader;
        std::vector<std::pair<FrameType, std::size_t>> seen;
        for (std::size_t at = 0; at < stream.size(); at += step) {
            reader.feed(std::string_view(stream).substr(at, step));
            for (auto next = reader.next(); next && *next; next = reader.next())
                seen.emplace_back((*next)->header.type, (*next)->payload.size());
        }
        const std::vector<std::pair<FrameType, std::size_t>> expected = {
            {FrameType::ok, 0}, {FrameType::stdin_data, 7}, {FrameType::output, kDataLimit + 1}};
        EXPECT_EQ(seen, expected) << step;
        EXPECT_FALSE(reader.has_frame());
    }
}

TEST(ShimFrames, AreBoundedByTheirType) {
    for (const auto& [type, length] :
         std::vector<std::pair<FrameType, std::uint32_t>>{{FrameType::stdin_data, kDataLimit + 1},
                                                          {FrameType::output, kDataLimit + 2},
                                                          {FrameType::start, 1U << 20U},
                                                          {FrameType::create, (16U << 20U) + 1},
                                                          {FrameType::launch, kLaunchLimit + 1},
                                                          {static_cast<FrameType>(0), 0},
                                                          {static_cast<FrameType>(63), 0},
                                                          {static_cast<FrameType>(0xFFFFFFFF), 0}}) {
        std::string header(kHeaderSize, '\0');
        write_header(header.data(), {length, type, 1});
        FrameReader reader;
        reader.feed(header);
        EXPECT_TRUE(reader.has_frame()) << "next() has a complaint";
        const auto next = reader.next();
        ASSERT_FALSE(next) << static_cast<std::uint32_t>(type);
        EXPECT_EQ(next.error().code, Code::corrupt);
    }
}

TEST(ShimFrames, AreLittleEndianOnTheWire) {
    EXPECT_EQ(frame(FrameType::start, 0x01020304, "ab"), std::string("\x02\0\0\0\x03\0\0\0\x04\x03\x02\x01"
                                                                     "ab",
                                                                     14));
}

} // namespace
} // namespace rt::shim
