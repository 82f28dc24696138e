// SPDX-License-Identifier: Apache-2.0
// What goes in and comes out of a container, and what of it is in its log.
#include "core/shim/run_files.hpp"
#include "integration/shim/shim_fixture.hpp"

#include <nlohmann/json.hpp>

#include <signal.h>
#include <sys/mount.h>

#include <algorithm>
#include <sstream>

namespace rt::test {
namespace {

class ShimStdioTest : public ShimTest {
protected:
    // The text of one stream as the log has it, every line of which must be whole.
    [[nodiscard]] std::string logged(const std::string& stream = "stdout") const {
        std::istringstream lines(log());
        std::string text;
        for (std::string line; std::getline(lines, line);) {
            // Long plain lines of the output that is asked for: as quick as 20 MB of them need it.
            const std::string tail = "\\n\",\"stream\":\"" + stream + "\"";
            if (const std::size_t end = line.find(tail);
                end != std::string::npos && end > 500 && line.find('\\') == end) {
                text += line.substr(8, end - 8) + "\n";
                continue;
            }
            const auto json = nlohmann::json::parse(line);
            if (json.at("stream") == stream) text += json.at("log").get<std::string>();
        }
        return text;
    }
};

TEST_F(ShimStdioTest, LogsBothStreamsInDockersFormat) {
    ShimClient client = run(shell("echo 'a <b> & \"c\"'; sleep 0.05; printf 'no end' >&2"));
    ASSERT_TRUE(collect(client).exited);
    const std::string text = log();
    EXPECT_TRUE(text.starts_with(R"({"log":"a \u003cb\u003e \u0026 \"c\"\n","stream":"stdout","time":"20)"))
        << text;
    EXPECT_NE(text.find("{\"log\":\"no end\",\"stream\":\"stderr\",\"time\":\"20"), std::string::npos)
        << text;
    EXPECT_TRUE(text.ends_with("Z\"}\n")) << text;
}

TEST_F(ShimStdioTest, LogsWithoutAnybodyAttached) {
    ShimClient client = launch();
    ASSERT_TRUE(client.create(operation_, shell("seq 1 20000")));
    ASSERT_TRUE(client.watch_exit());
    ASSERT_TRUE(client.start(operation_));
    const Collected all = collect(client);
    EXPECT_TRUE(all.out.empty()) << "who only watches gets no output";
    ASSERT_TRUE(all.exited);
    const std::string text = logged();
    EXPECT_TRUE(text.starts_with("1\n2\n3\n"));
    EXPECT_TRUE(text.ends_with("\n19999\n20000\n"));
}

TEST_F(ShimStdioTest, KeepsNoLogWhereNoneIsWanted) {
    ShimContainer container = shell("seq 1 1000");
    container.log.driver = "none";
    ShimClient client = run(container);
    EXPECT_TRUE(collect(client).out.ends_with("\n1000\n"));
    EXPECT_FALSE(std::filesystem::exists(log_file()));
}

TEST_F(ShimStdioTest, RotatesTheLog) {
    ShimContainer container = shell("seq 1 20000");
    container.log.max_size = 100'000;
    container.log.max_files = 3;
    ShimClient client = run(container);
    ASSERT_TRUE(collect(client).exited);
    EXPECT_TRUE(logged().ends_with("\n20000\n"));
    for (const char* suffix : {".1", ".2"})
        EXPECT_GE(std::filesystem::file_size(log_file().native() + suffix), 100'000U) << suffix;
    EXPECT_FALSE(std::filesystem::exists(log_file().native() + ".3"));
}

TEST_F(ShimStdioTest, RefusesALogThatItCannotKeep) {
    ShimContainer container = shell("true");
    container.log.driver = "syslog";
    EXPECT_EQ(launch().create(operation_, container).error().code, Code::unsupported);
}

TEST_F(ShimStdioTest, GivesTheContainerDevNullAsStdinUnlessItIsToBeOpen) {
    ShimClient client = run(shell("readlink /proc/self/fd/0; cat; echo over"));
    EXPECT_EQ(collect(client).out, "/dev/null\nover\n");
}

TEST_F(ShimStdioTest, PassesStdinOnAndItsEnd) {
    ShimContainer cat = program({"/bin/cat"});
    cat.open_stdin = true;
    ShimClient client = run(cat, true);
    ASSERT_TRUE(client.write("hello\n"));
    expect_output(client, "hello\n");
    ASSERT_TRUE(client.write("bye\n"));
    ASSERT_TRUE(client.close_stdin());
    const Collected all = collect(client);
    EXPECT_EQ(all.out, "bye\n");
    EXPECT_EQ(all.exit.exit_code, 0);
}

TEST_F(ShimStdioTest, KeepsStdinThatCameBeforeTheStart) {
    ShimContainer cat = program({"/bin/cat"});
    cat.open_stdin = true;
    ShimClient client = launch();
    ASSERT_TRUE(client.attach(true));
    ASSERT_TRUE(client.create(operation_, cat));
    ASSERT_TRUE(client.write("early"));
    ASSERT_TRUE(client.close_stdin());
    ASSERT_TRUE(client.start(operation_));
    EXPECT_EQ(collect(client).out, "early");
}

TEST_F(ShimStdioTest, PassesMuchStdinThroughAContainerThatAnswers) {
    ShimContainer cat = program({"/bin/cat"});
    cat.open_stdin = true;
    ShimClient client = run(cat, true);
    const std::string piece(100'000, 'x');
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(client.write(piece)) << i;
    ASSERT_TRUE(client.close_stdin());
    const Collected all = collect(client);
    EXPECT_EQ(all.out.size(), 10'000'000U);
    EXPECT_EQ(all.exit.exit_code, 0);
}

TEST_F(ShimStdioTest, SlowsDownTheWriterWhenTheContainerDoesNotRead) {
    ShimContainer sleeper = shell("sleep 1000");
    sleeper.open_stdin = true;
    ShimClient client = run(sleeper, true);
    const std::size_t window = client.write_window();
    const std::size_t in_pipe = 65'536;
    for (std::size_t sent = 0; sent < window + in_pipe;) {
        if (client.write_window() == 0) {
            const auto event = client.next();
            ASSERT_TRUE(event && event->kind == ShimEvent::Kind::progress);
        }
        const std::size_t part = std::min(client.write_window(), window + in_pipe - sent);
        ASSERT_TRUE(client.write(std::string(part, 'x')));
        sent += part;
    }
    ASSERT_TRUE(client.resize(1, 1).error().code == Code::failed_precondition) << "other requests are heard";
    EXPECT_EQ(client.write_window(), 0U);
    ASSERT_TRUE(client.signal(operation_, SIGKILL, SignalScope::all_processes));
    EXPECT_EQ(collect(client).exit.exit_code, 137);
}

TEST_F(ShimStdioTest, SaysThatTheContainerTakesNoMore) {
    ShimContainer deaf = shell("exec <&-; echo closed; sleep 1000");
    deaf.open_stdin = true;
    ShimClient client = run(deaf, true);
    expect_output(client, "closed");
    Result<void> written;
    while (written) written = client.write("x");
    EXPECT_EQ(written.error().code, Code::failed_precondition);
}

TEST_F(ShimStdioTest, EndsStdinWithItsFirstClientWhenToldSo) {
    ShimContainer cat = program({"/bin/cat"});
    cat.open_stdin = true;
    cat.stdin_once = true;
    ShimClient client = run(cat);
    {
        ShimClient writer = connect();
        ASSERT_TRUE(writer.attach(true));
        ASSERT_TRUE(writer.write("last words"));
    }
    EXPECT_EQ(collect(client).out, "last words");
}

TEST_F(ShimStdioTest, KeepsStdinOpenWhenAClientGoes) {
    ShimContainer cat = program({"/bin/cat"});
    cat.open_stdin = true;
    ShimClient client = run(cat);
    for (const char* text : {"one\n", "two\n"}) {
        {
            ShimClient writer = connect();
            ASSERT_TRUE(writer.attach(true));
            ASSERT_TRUE(writer.write(text));
        }
        expect_output(client, text);
    }
    ASSERT_TRUE(client.close_stdin());
    EXPECT_EQ(collect(client).exit.exit_code, 0);
}

TEST_F(ShimStdioTest, GivesATerminal) {
    ShimClient client = launch();
    ASSERT_TRUE(client.create(
        operation_, program({"/bin/sh", "-c", "tty; stty size; read x; stty size; echo got $x"}, true)));
    ASSERT_TRUE(client.attach(true));
    ASSERT_TRUE(client.resize(33, 111));
    ASSERT_TRUE(client.start(operation_));
    expect_output(client, "33 111\r\n");
    ASSERT_TRUE(client.resize(44, 99));
    ASSERT_TRUE(client.write("word\n"));
    const Collected all = collect(client);
    EXPECT_NE(all.out.find("44 99\r\n"), std::string::npos) << all.out;
    EXPECT_NE(all.out.find("got word\r\n"), std::string::npos) << all.out;
    EXPECT_TRUE(all.error.empty());
    EXPECT_EQ(all.exit.exit_code, 0);
    EXPECT_NE(logged().find("/dev/pts/"), std::string::npos);
}

TEST_F(ShimStdioTest, InterruptsThroughTheTerminal) {
    ShimClient client =
        run(program({"/bin/sh", "-c", "trap 'exit 130' INT; echo ready; while :; do sleep 0.01; done"}, true),
            true);
    expect_output(client, "ready");
    ASSERT_TRUE(client.write("\x03"));
    EXPECT_EQ(collect(client).exit.exit_code, 130);
}

TEST_F(ShimStdioTest, GoesOnWhenATerminalWasClosedByAllForAWhile) {
    ShimClient client =
        run(program({"/bin/sh", "-c",
                     "t=$(tty); echo one; exec <&- >&- 2>&-; sleep 0.3; exec >$t 2>&1; echo two; sleep 0.3"},
                    true));
    EXPECT_EQ(collect(client).out, "one\r\ntwo\r\n");
}

TEST_F(ShimStdioTest, RefusesToResizeWhatIsNoTerminal) {
    ShimClient client = run(shell("sleep 1000"));
    const auto resized = client.resize(1, 1);
    ASSERT_FALSE(resized);
    EXPECT_EQ(resized.error().code, Code::failed_precondition);
}

TEST_F(ShimStdioTest, PassesBytesOfAllKindsUnchanged) {
    ShimClient client = run(shell("head -c 3000000 /dev/urandom"));
    const Collected all = collect(client);
    EXPECT_EQ(all.exit.exit_code, 0);
    EXPECT_EQ(all.out.size(), 3'000'000U);
    EXPECT_FALSE(logged().empty()); // each line parses
}

TEST_F(ShimStdioTest, ServesSeveralClientsAtOnce) {
    ShimContainer container = shell("read go; seq 1 50000");
    container.open_stdin = true;
    ShimClient first = run(container, true);
    ShimClient second = connect();
    ShimClient third = connect();
    ASSERT_TRUE(second.attach(false));
    ASSERT_TRUE(third.attach(false));
    ASSERT_TRUE(first.write("go\n"));
    const std::string all = collect(first).out;
    EXPECT_TRUE(all.ends_with("\n50000\n"));
    EXPECT_EQ(collect(second).out, all);
    EXPECT_EQ(collect(third).out, all);
}

TEST_F(ShimStdioTest, LosesNothingToASlowClientNorFromTheLog) {
    constexpr std::size_t kSize = 20'000'000;
    ShimClient client = run(shell(cat("yes \"$(printf '%0700d' 7)\" | head -c ", kSize)));
    // The container is blocked before it has written all of it, as long as nobody reads.
    ASSERT_TRUE(eventually([&] { return std::filesystem::exists(log_file()) && log().size() > 1'000'000; }));
    std::size_t before = 0;
    ASSERT_TRUE(eventually([&] {
        const std::size_t now = std::filesystem::file_size(log_file());
        return std::exchange(before, now) == now;
    }));
    EXPECT_LT(before, kSize);
    const Collected all = collect(client);
    EXPECT_EQ(all.out.size(), kSize);
    EXPECT_TRUE(all.exited);
    EXPECT_EQ(logged(), all.out);
}

TEST_F(ShimStdioTest, IsNotHeldUpByAClientThatWasKilled) {
    ShimClient holder = launch();
    ASSERT_TRUE(holder.create(operation_, shell("yes \"$(printf '%0700d' 7)\" | head -c 20000000; exit 7")));
    ASSERT_TRUE(holder.watch_exit());
    {
        ShimClient reader = connect();
        ASSERT_TRUE(reader.attach(false));
        ASSERT_TRUE(holder.start(operation_));
        expect_output(reader, "007\n");
    }
    EXPECT_EQ(collect(holder).exit.exit_code, 7);
    EXPECT_EQ(logged().size(), 20'000'000U);
}

TEST_F(ShimStdioTest, RecordsTheExitThoughAClientDoesNotRead) {
    ShimClient reader = run(shell("head -c 1100000 /dev/zero"));
    ShimClient watcher = connect();
    ASSERT_TRUE(watcher.watch_exit());
    EXPECT_TRUE(collect(watcher).exited);
    EXPECT_EQ(collect(reader).out.size(), 1'100'000U);
}

TEST_F(ShimStdioTest, EndsProcessesThatKeepTheOutputOpen) {
    ShimClient client = run(shell("sleep 1000 & echo gone; exit 6"));
    const Collected all = collect(client);
    EXPECT_EQ(all.out, "gone\n");
    EXPECT_EQ(all.exit.exit_code, 6);
}

TEST_F(ShimStdioTest, DoesNotWaitForeverForOutputOfOthers) {
    // It escapes the fake's signal to all, as a process outside of the container would that has its pipe.
    ShimContainer container = shell("setsid sh -c 'echo $$; exec sleep 1001' & read go; exit 6");
    container.open_stdin = true;
    ShimClient client = run(container, true);
    const auto escaped = client.next();
    ASSERT_TRUE(escaped && escaped->kind == ShimEvent::Kind::output);
    ASSERT_TRUE(client.write("go\n"));
    const Collected all = collect(client);
    ::kill(std::stoi(escaped->data), SIGKILL);
    EXPECT_EQ(all.exit.exit_code, 6);
    EXPECT_TRUE(std::filesystem::exists(directory() / shim::kLogName));
}

TEST_F(ShimStdioTest, CutsATornLineOffALogThatItGoesOnWith) {
    const std::string whole =
        "{\"log\":\"old\\n\",\"stream\":\"stdout\",\"time\":\"2026-01-01T00:00:00Z\"}\n";
    write_file(log_file(), whole + "{\"log\":\"torn " + std::string(10'000, 'x'));
    ShimClient client = run(shell("echo new"));
    ASSERT_TRUE(collect(client).exited);
    EXPECT_EQ(logged(), "old\nnew\n");
}

TEST_F(ShimStdioTest, RefusesALogFileThatIsNone) {
    ShimContainer container = shell("true");
    container.log.file = temp_ / "no" / "such" / "directory";
    ShimClient client = launch();
    const auto missing = client.create(operation_, container);
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, Code::not_found);
    container.log.file = "/dev/null";
    const auto device = client.create(operation_, container);
    ASSERT_FALSE(device);
    EXPECT_EQ(device.error().code, Code::failed_precondition);
}

TEST_F(ShimStdioTest, GoesOnWhenTheDiskIsFullAndCountsWhatIsLost) {
    const Path disk = temp_ / "disk";
    std::filesystem::create_directory(disk);
    ASSERT_EQ(::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=256k"), 0);
    ShimContainer container = shell("read a; seq 1 100000; echo full; read b; echo after");
    container.open_stdin = true;
    container.log.file = disk / "log";
    write_file(disk / "other", std::string(64'000, 'x'));
    ShimClient client = run(container, true);
    ASSERT_TRUE(client.write("a\n"));
    expect_output(client, "full");
    std::filesystem::remove(disk / "other");
    ASSERT_TRUE(client.write("b\n"));
    const Collected all = collect(client);
    EXPECT_EQ(all.exit.exit_code, 0) << "the container does not notice";
    EXPECT_GT(all.exit.log_lines_lost, 0U);
    EXPECT_LT(all.exit.log_lines_lost, 100'000U);
    EXPECT_EQ((*read_exit_record(directory()))->log_lines_lost, all.exit.log_lines_lost);
    EXPECT_TRUE(std::filesystem::exists(directory() / shim::kLogName));
    const std::string text = read_file(disk / "log");
    const auto lines = static_cast<std::uint64_t>(std::ranges::count(text, '\n'));
    EXPECT_EQ(lines + all.exit.log_lines_lost, 100'002U) << "each line is there or counted";
    EXPECT_TRUE(text.ends_with("\"}\n")) << "no line is torn";
    EXPECT_NE(text.find("\"after\\n\""), std::string::npos) << "it goes on when there is room again";
    ::umount2(disk.c_str(), MNT_DETACH);
}

} // namespace
} // namespace rt::test
