// SPDX-License-Identifier: Apache-2.0
// The rule itself; that plugins are held to it is tested with the loader.
#include "core/config/trusted_path.hpp"

#include "support/temp_dir.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace rt::test {
namespace {

class TrustedPath : public testing::Test {
protected:
    void SetUp() override {
        write_file(directory_ / "file", "");
        if (!check_trusted_file(directory_ / "file", "file"))
            GTEST_SKIP() << "needs a directory that nobody else can write to; run it as root";
    }
    Code refusal(const Path& path) {
        const auto checked = check_trusted_file(path, "file");
        EXPECT_FALSE(checked) << path;
        return checked ? Code::internal : checked.error().code;
    }
    TempDir directory_;
};

TEST_F(TrustedPath, WalksDotsAndDoubleSlashes) {
    std::filesystem::create_directory(directory_ / "sub");
    EXPECT_TRUE(check_trusted_file(directory_.path().native() + "//./sub/../file", "file"));
}

TEST_F(TrustedPath, RefusesWhatIsNotThereOrNoFile) {
    EXPECT_EQ(refusal(directory_ / "missing"), Code::not_found);
    EXPECT_EQ(refusal(directory_ / "file/below"), Code::failed_precondition);
    EXPECT_EQ(refusal(directory_.path()), Code::invalid_argument);
    EXPECT_EQ(refusal("relative"), Code::invalid_argument);
    ASSERT_EQ(::mkfifo((directory_ / "fifo").c_str(), 0600), 0);
    EXPECT_EQ(refusal(directory_ / "fifo"), Code::invalid_argument);
}

TEST_F(TrustedPath, RefusesAnythingBelowATemporaryDirectory) {
    struct stat status{};
    if (::stat("/tmp", &status) != 0 || (status.st_mode & S_IWOTH) == 0)
        GTEST_SKIP() << "/tmp is not for everybody";
    const auto path = std::filesystem::temp_directory_path() / ("rt-trust-" + std::to_string(::getpid()));
    write_file(path, "");
    EXPECT_EQ(refusal(path), Code::permission_denied);
    std::filesystem::remove(path);
}

TEST_F(TrustedPath, FollowsAbsoluteAndRelativeLinks) {
    std::filesystem::create_directory(directory_ / "sub");
    std::filesystem::create_symlink("../file", directory_ / "sub/relative");
    std::filesystem::create_symlink(directory_ / "sub/relative", directory_ / "absolute");
    std::filesystem::create_directory_symlink("sub", directory_ / "alias");
    EXPECT_TRUE(check_trusted_file(directory_ / "absolute", "file"));
    EXPECT_TRUE(check_trusted_file(directory_ / "alias/relative", "file"));
    std::filesystem::create_symlink("/tmp", directory_ / "away");
    std::filesystem::create_symlink("away/x", directory_ / "outside");
    EXPECT_EQ(refusal(directory_ / "outside"), Code::permission_denied); // before it looks whether x is there
}

TEST_F(TrustedPath, RefusesALinkThatSomebodyElseOwns) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to give files away";
    std::filesystem::create_symlink("file", directory_ / "theirs");
    ASSERT_EQ(::lchown((directory_ / "theirs").c_str(), 12345, 12345), 0);
    EXPECT_EQ(refusal(directory_ / "theirs"), Code::permission_denied);
}

} // namespace
} // namespace rt::test
