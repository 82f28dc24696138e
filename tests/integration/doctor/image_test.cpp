// SPDX-License-Identifier: Apache-2.0
#include "fixture.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;
using rt::test::eventually;
using rt::test::kGhost;
using rt::test::write_file;

class DoctorImages : public rt::test::Doctor {
protected:
    // An image that shares nothing with another.
    void import_tiny() {
        const fs::path tree = rtctl_.directory() / "tiny";
        fs::create_directories(tree / "bin");
        fs::copy_file("/bin/busybox", tree / "bin/busybox");
        host("tar -C " + tree.native() + " -cf " + tree.native() + ".tar .");
        fs::remove_all(tree);
        const auto imported = rtctl_({"import", tree.native() + ".tar", "tiny"});
        ASSERT_EQ(imported.exit_code, 0) << imported.err;
        fs::remove(tree.native() + ".tar");
    }
    fs::path blob_of_tiny() {
        const std::string digest =
            sql_value("SELECT blob FROM image_layers JOIN image_names USING (image_id) "
                      "WHERE name LIKE '%tiny%'");
        return rtctl_.root() / "blobs" / "sha256" / digest.substr(7);
    }
    rt::test::Outcome run_tiny() {
        return rtctl_({"run", "--rm", "--network", "none", "tiny", "/bin/busybox", "true"});
    }
};

TEST_F(DoctorImages, FindABlobThatNoneHas) {
    write_file(rtctl_.root() / "blobs" / "sha256" / kGhost, "x");
    expect_found_and_repaired("image.blob-unneeded", kGhost);
    EXPECT_FALSE(fs::exists(rtctl_.root() / "blobs" / "sha256" / kGhost));
}

TEST_F(DoctorImages, FindWhatAnInterruptedImportLeft) {
    write_file(rtctl_.root() / "blobs" / "ingest" / "0123.tmp", "x");
    write_file(rtctl_.root() / "blobs" / "ingest" / (kGhost + ".part"), "x"); // a download that can go on
    expect_found_and_repaired("image.part", "0123.tmp");
    EXPECT_TRUE(fs::exists(rtctl_.root() / "blobs" / "ingest" / (kGhost + ".part")));
    fs::remove(rtctl_.root() / "blobs" / "ingest" / (kGhost + ".part"));
}

TEST_F(DoctorImages, FindALayerThatNoneHas) {
    fs::create_directories(storage() / "committed" / "layer-ghost");
    fs::create_directories(storage() / "work" / "layer-half");
    EXPECT_EQ(of(look(), "image.layer-unneeded").size(), 2U);
    expect_found_and_repaired("image.layer-unneeded", "layer-ghost");
    EXPECT_FALSE(fs::exists(storage() / "committed" / "layer-ghost"));
}

TEST_F(DoctorImages, FindALayerThatIsRecordedAndGoneAndHaveItUnpackedAgain) {
    import_tiny();
    const std::string layer = sql_value("SELECT snapshot FROM layers JOIN image_layers USING (chain_id) "
                                        "JOIN image_names USING (image_id) WHERE name LIKE '%tiny%'");
    ASSERT_NE(layer, "");
    fs::remove_all(storage() / "committed" / layer);
    ASSERT_NE(run_tiny().exit_code, 0);
    expect_found_and_repaired("image.layer-missing", layer);
    const auto run = run_tiny();
    EXPECT_EQ(run.exit_code, 0) << run.err;
    EXPECT_EQ(rtctl_({"rmi", "tiny"}).exit_code, 0);
}

TEST_F(DoctorImages, HaveALayerUnpackedAgainForAContainerThatIsThere) {
    import_tiny();
    ASSERT_EQ(
        rtctl_({"create", "--name", "older", "--network", "none", "tiny", "/bin/busybox", "true"}).exit_code,
        0);
    const std::string layer = sql_value("SELECT snapshot FROM layers JOIN image_layers USING (chain_id) "
                                        "JOIN image_names USING (image_id) WHERE name LIKE '%tiny%'");
    fs::remove_all(storage() / "committed" / layer);
    EXPECT_NE(of(look({"--repair"}), "image.layer-missing").size(), 0U);
    const auto started = rtctl_({"start", "-a", "older"});
    EXPECT_EQ(started.exit_code, 0) << started.err;
    EXPECT_EQ(rtctl_({"rm", "older"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"rmi", "tiny"}).exit_code, 0);
}

TEST_F(DoctorImages, SayThatABlobIsMissing) {
    import_tiny();
    fs::remove(blob_of_tiny());
    expect_found_and_left("image.blob-missing",
                          "sha256:", [&] { EXPECT_EQ(rtctl_({"rmi", "tiny"}).exit_code, 0); });
}

TEST_F(DoctorImages, SayWithVerifyThatABlobIsDamaged) {
    import_tiny();
    host("printf X | dd of=" + blob_of_tiny().native() + " bs=1 seek=100 conv=notrunc status=none");
    EXPECT_TRUE(look().findings.empty()); // a quick look does not read them
    expect_found_and_left("image.blob-damaged", blob_of_tiny().filename(),
                          [&] { EXPECT_EQ(rtctl_({"rmi", "tiny"}).exit_code, 0); }, {"--verify"});
}

TEST_F(DoctorImages, AreLeftAloneWhileOneIsBroughtIn) {
    write_file(rtctl_.root() / "blobs" / "sha256" / kGhost, "x");
    const pid_t holder = ::fork();
    if (holder == 0) { // as an import holds it
        const int lock = ::open((rtctl_.root() / "images.lock").c_str(), O_RDWR | O_CLOEXEC);
        if (lock >= 0 && ::flock(lock, LOCK_SH) == 0) ::pause();
        ::_exit(1);
    }
    EXPECT_TRUE(eventually([&] { return look({"--repair"}).err.find("passed over") != std::string::npos; }));
    const Look seen = look({"--repair"});
    EXPECT_TRUE(seen.findings.empty()) << seen.out;
    EXPECT_TRUE(fs::exists(rtctl_.root() / "blobs" / "sha256" / kGhost));
    ::kill(holder, SIGKILL);
    ::waitpid(holder, nullptr, 0);
    EXPECT_EQ(look().err, "");
    expect_found_and_repaired("image.blob-unneeded", kGhost);
}

TEST_F(DoctorImages, AreNotLostToADatabaseThatIsNotSound) {
    // The index does not hold what it says it does.
    const std::string change = "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, '";
    sql(change + "image_names(image_id)', 'image_names(digest)') WHERE name = 'image_names_by_image'");
    expect_found_and_left(
        "state.damaged", "rt.db",
        [&] {
            sql(change +
                "image_names(digest)', 'image_names(image_id)') WHERE name = 'image_names_by_image'");
        },
        {"--verify"});
}

} // namespace
