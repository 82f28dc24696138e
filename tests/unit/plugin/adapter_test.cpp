// SPDX-License-Identifier: Apache-2.0
// The border between plugins and the core: what a sound driver answers arrives, and what a defective one
// answers becomes an error that names it, never a crash.
#include "fixtures.hpp"

#include "core/plugin/instance.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <gmock/gmock.h>

namespace rt::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Adapter = PluginTest;
const Operation kOperation{"test"};

std::vector<std::string>& log_lines() {
    static std::vector<std::string> lines;
    return lines;
}

void keep_log(int level, const std::string& instance, const std::string& text) {
    log_lines().push_back(cat(level, " ", instance, " ", text));
}

std::string config_of(std::string_view breach) {
    return cat(R"({"breach":")", breach, R"("})");
}

TEST_F(Adapter, CarriesEveryCallOfAStorageDriver) {
    log_lines().clear();
    set_plugin_log(keep_log);
    const auto made = make_storage_driver(spec("sound", R"({"size":8})"));
    ASSERT_TRUE(made) << made.error().message;
    StorageDriver& driver = **made;
    EXPECT_EQ(driver.instance(), "sound");
    EXPECT_EQ(driver.plugin(), "sound 2.1.0");
    EXPECT_TRUE(driver.takes_overlay_layers());
    EXPECT_EQ(driver.probe(kOperation).value_or(""), R"({"size":8})"); // the config arrived
    ASSERT_TRUE(driver.prepare(kOperation, "a", {}));
    ASSERT_TRUE(driver.commit(kOperation, "a"));
    ASSERT_TRUE(driver.prepare(kOperation, "b", {"a", "base"}));
    EXPECT_EQ(code_of(driver.prepare(kOperation, "b", {})), "already-exists");

    const auto mounts = driver.mounts(kOperation, "b", {"a", "base"}, MountMode::read_only);
    ASSERT_TRUE(mounts);
    ASSERT_EQ(mounts->size(), 2U);
    EXPECT_EQ(mounts->front().source, "b");
    EXPECT_THAT(mounts->front().options, ElementsAre("ro", "a", "base"));
    EXPECT_EQ(mounts->back().source, directory_ / "state");
    const auto unsynced = driver.mounts(kOperation, "b", {}, MountMode::unsynced); // which it does not know
    ASSERT_TRUE(unsynced);
    EXPECT_THAT(unsynced->front().options, ElementsAre("rw"));

    const auto list = driver.list(kOperation);
    ASSERT_TRUE(list);
    ASSERT_EQ(list->size(), 2U);
    EXPECT_EQ(list->front().state, SnapshotState::committed);
    EXPECT_EQ(driver.usage(kOperation, "ab").value_or(SnapshotUsage{}).bytes, 2U);
    EXPECT_TRUE(driver.remove(kOperation, "b"));
    EXPECT_THAT(log_lines(), ElementsAre("1 sound made instance=sound", "3 sound prepared id=a parents=0",
                                         "3 sound prepared id=b parents=2"));
}

TEST_F(Adapter, MakesThePrivateDirectoriesForNobodyElse) {
    DriverSpec wanted = spec("sound");
    wanted.state_dir = directory_ / "root/storage/sound";
    wanted.run_dir = directory_ / "run/storage/sound";
    ASSERT_TRUE(make_storage_driver(wanted));
    for (const Path& path : {wanted.state_dir, wanted.run_dir}) {
        struct stat status{};
        ASSERT_EQ(::stat(path.c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 07777, 0700U);
    }
}

TEST_F(Adapter, StopsACallWhoseDeadlineHasPassed) {
    const auto driver = make_storage_driver(spec("sound"));
    ASSERT_TRUE(driver);
    EXPECT_EQ(code_of((*driver)->prepare(Operation{"late", 1}, "a", {})), "deadline-exceeded");
}

TEST_F(Adapter, RefusesAPluginOfAnotherKind) {
    EXPECT_EQ(code_of(make_network_backend(spec("sound"))), "invalid-argument");
    EXPECT_EQ(code_of(make_isolation(spec("breach-network"))), "invalid-argument");
    EXPECT_EQ(code_of(make_storage_driver(spec("breach-isolation"))), "invalid-argument");
}

TEST_F(Adapter, RefusesNullTables) {
    for (const char* name : {"null-api", "null-function", "no-interface"}) {
        const auto driver = make_storage_driver(spec(name));
        ASSERT_FALSE(driver) << name;
        EXPECT_EQ(code_of(driver), "internal") << name;
        EXPECT_MESSAGE_HAS(driver, name);
        EXPECT_MESSAGE_HAS(driver, "broke its contract");
    }
}

TEST_F(Adapter, TurnsExceptionsIntoErrors) {
    const auto refused = make_storage_driver(spec("throwing", R"({"in":"create"})"));
    EXPECT_EQ(code_of(refused), "internal");
    const auto made = make_storage_driver(spec("throwing"));
    ASSERT_TRUE(made) << made.error().message;
    StorageDriver& driver = **made;
    const auto probe = driver.probe(kOperation);
    EXPECT_EQ(code_of(probe), "internal");
    EXPECT_MESSAGE_HAS(probe, "thrown by probe");
    EXPECT_EQ(code_of(driver.prepare(kOperation, "a", {})), "internal");
    EXPECT_EQ(code_of(driver.mounts(kOperation, "a", {}, MountMode::read_write)), "internal");
    EXPECT_EQ(code_of(driver.commit(kOperation, "a")), "resource-exhausted");
    EXPECT_EQ(code_of(driver.remove(kOperation, "a")), "unavailable");
    EXPECT_EQ(code_of(driver.list(kOperation)), "internal");
    EXPECT_EQ(code_of(driver.usage(kOperation, "a")), "unsupported"); // it has no such interface
}

TEST_F(Adapter, ChecksWhatAFailureSays) {
    struct Case {
        const char* breach;
        const char* code;
        const char* reason;
    };
    for (const Case& c :
         {Case{"honest", "resource-exhausted", "an honest failure"},
          Case{"status-99", "internal", "status 99"}, Case{"status-negative", "internal", "status -1"},
          Case{"unterminated", "internal", "NUL-terminated"},
          Case{"no-reason", "unavailable", "gave no reason"}, Case{"not-text", "corrupt", "[31mred?"}}) {
        SCOPED_TRACE(c.breach);
        const auto driver = make_storage_driver(spec("breach-storage", config_of(c.breach)));
        ASSERT_TRUE(driver) << driver.error().message;
        const auto result = (*driver)->commit(kOperation, "a");
        EXPECT_EQ(code_of(result), c.code);
        EXPECT_MESSAGE_HAS(result, c.reason);
    }
}

TEST_F(Adapter, KeepsTheErrnoOfAFailure) {
    const auto driver = make_storage_driver(spec("breach-storage", config_of("honest")));
    ASSERT_TRUE(driver);
    EXPECT_EQ((*driver)->remove(kOperation, "a").error().sys_errno, 28);
}

TEST_F(Adapter, ReportsAnInstanceThatCannotBeMade) {
    const auto driver = make_storage_driver(spec("breach-storage", config_of("create-fails")));
    EXPECT_EQ(code_of(driver), "resource-exhausted");
    EXPECT_MESSAGE_HAS(driver, "'breach-storage'");
}

TEST_F(Adapter, ChecksTheMountsOfAStorageDriver) {
    for (const char* breach : {"null-source", "null-option", "null-mount", "no-mount"}) {
        const auto driver = make_storage_driver(spec("breach-storage", config_of(breach)));
        ASSERT_TRUE(driver);
        EXPECT_EQ(code_of((*driver)->mounts(kOperation, "a", {}, MountMode::read_only)), "internal")
            << breach;
    }
    for (const char* breach : {"null-id", "strange-state"}) {
        const auto driver = make_storage_driver(spec("breach-storage", config_of(breach)));
        ASSERT_TRUE(driver);
        EXPECT_EQ(code_of((*driver)->list(kOperation)), "internal") << breach;
    }
}

TEST_F(Adapter, ChecksTheAnswersOfANetworkBackend) {
    const auto sound = make_network_backend(spec("breach-network", config_of("none")));
    ASSERT_TRUE(sound) << sound.error().message;
    EXPECT_EQ((*sound)->create_network(kOperation, "{}").value_or(""), "{}");
    EXPECT_TRUE((*sound)->traits().publishes_ports);
    EXPECT_FALSE((*sound)->traits().host_namespace);
    EXPECT_EQ(code_of((*sound)->stats(kOperation, "{}")), "unsupported") << "it has no such interface";
    for (const char* breach : {"no-answer", "no-object", "null-data", "endless"}) {
        const auto backend = make_network_backend(spec("breach-network", config_of(breach)));
        ASSERT_TRUE(backend);
        EXPECT_EQ(code_of((*backend)->create_network(kOperation, "{}")), "internal") << breach;
        EXPECT_EQ(code_of((*backend)->attach(kOperation, "{}", -1)), "internal") << breach;
        EXPECT_EQ(code_of((*backend)->detach(kOperation, "{}", -1)), "resource-exhausted") << breach;
        EXPECT_EQ(code_of((*backend)->check(kOperation, "{}", -1)), "resource-exhausted") << breach;
        EXPECT_EQ(code_of((*backend)->remove_network(kOperation, "{}")), "resource-exhausted") << breach;
    }
}

TEST_F(Adapter, ChecksWhatMakesANetworkNamespaceAhead) {
    const auto without = make_isolation(spec("breach-isolation"));
    ASSERT_TRUE(without);
    EXPECT_EQ(code_of((*without)->make_network_namespace(kOperation)), "unsupported");
    const auto isolation = make_isolation(spec("breach-isolation", config_of("no-descriptor")));
    ASSERT_TRUE(isolation);
    EXPECT_EQ(code_of((*isolation)->make_network_namespace(kOperation)), "internal");
}

TEST_F(Adapter, WhatAnIsolationDriverLeavesOutIsUnsupported) {
    const auto isolation = make_isolation(spec("breach-isolation"));
    ASSERT_TRUE(isolation);
    EXPECT_EQ(code_of((*isolation)->pause(kOperation, "a")), "unsupported");
    EXPECT_EQ(code_of((*isolation)->resume(kOperation, "a")), "unsupported");
    EXPECT_EQ(code_of((*isolation)->stats(kOperation, "a")), "unsupported");
    EXPECT_EQ(code_of((*isolation)->update(kOperation, "a", "{}")), "unsupported");
    EXPECT_EQ(code_of((*isolation)->processes(kOperation, "a")), "unsupported");
}

TEST_F(Adapter, AnOptionalInterfaceOfAnIsolationDriverIsWholeAndChecked) {
    for (const char* id : {RTP_ISOLATION_NETNS_V1, RTP_ISOLATION_FREEZE_V1, RTP_ISOLATION_STATS_V1,
                           RTP_ISOLATION_UPDATE_V1, RTP_ISOLATION_PROCESSES_V1})
        EXPECT_EQ(code_of(make_isolation(spec("breach-isolation", config_of(id)))), "internal") << id;
    for (const char* breach : {"no-descriptor", "endless"}) {
        const auto isolation = make_isolation(spec("breach-isolation", config_of(breach)));
        ASSERT_TRUE(isolation);
        EXPECT_EQ(code_of((*isolation)->pause(kOperation, "a")), "resource-exhausted");
        EXPECT_EQ(code_of((*isolation)->resume(kOperation, "a")), "resource-exhausted");
        EXPECT_EQ(code_of((*isolation)->stats(kOperation, "a")), "internal");
        EXPECT_EQ(code_of((*isolation)->update(kOperation, "a", "{}")), "resource-exhausted");
        EXPECT_EQ(code_of((*isolation)->processes(kOperation, "a")), "internal");
    }
}

TEST_F(Adapter, ChecksTheProcessesOfAnIsolationDriver) {
    log_lines().clear();
    set_plugin_log(keep_log);
    for (const char* breach : {"no-process", "no-descriptor"}) {
        const auto isolation = make_isolation(spec("breach-isolation", config_of(breach)));
        ASSERT_TRUE(isolation);
        EXPECT_EQ(code_of((*isolation)->create(kOperation, {})), "internal") << breach;
        EXPECT_EQ(code_of((*isolation)->exec(kOperation, "a", "{}", {-1, -1, -1})), "internal") << breach;
    }
    EXPECT_TRUE(log_lines().empty());
    const auto isolation = make_isolation(spec("breach-isolation", config_of("open-descriptor")));
    ASSERT_TRUE(isolation);
    const auto process = (*isolation)->create(kOperation, {});
    ASSERT_TRUE(process) << process.error().message;
    EXPECT_EQ(::fcntl(process->pidfd.get(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    EXPECT_THAT(log_lines(), ElementsAre(HasSubstr("close-on-exec")));
    EXPECT_EQ(code_of((*isolation)->start(kOperation, "a")), "resource-exhausted");
    EXPECT_EQ(code_of((*isolation)->signal(kOperation, "a", 15, SignalScope::first_process)),
              "resource-exhausted");
    EXPECT_EQ(code_of((*isolation)->destroy(kOperation, "a", "{}")), "resource-exhausted");
}

TEST_F(Adapter, ChecksTheFactsOfAProbe) {
    const auto silent = make_isolation(spec("breach-isolation", config_of("no-facts")));
    ASSERT_TRUE(silent);
    EXPECT_EQ(code_of((*silent)->probe(kOperation)), "internal");
    const auto absent = make_isolation(spec("breach-isolation", config_of("unsupported")));
    ASSERT_TRUE(absent);
    EXPECT_EQ(code_of((*absent)->probe(kOperation)), "unsupported");
}

TEST_F(Adapter, AsksForDraftsOnlyWhereTheyAreAllowed) {
    DriverSpec wanted = spec("raw-sound");
    constexpr const char* kDraft = "rt.storage.fixture-draft/1";
    const auto strict = PluginInstance::make(wanted, RTP_KIND_STORAGE);
    ASSERT_TRUE(strict) << strict.error().message;
    EXPECT_EQ((*strict)->find(kDraft), nullptr);
    EXPECT_NE((*strict)->find(RTP_STORAGE_V1), nullptr);
    wanted.drafts = true;
    const auto lenient = PluginInstance::make(wanted, RTP_KIND_STORAGE);
    ASSERT_TRUE(lenient);
    EXPECT_NE((*lenient)->find(kDraft), nullptr);
}

} // namespace
} // namespace rt::test
