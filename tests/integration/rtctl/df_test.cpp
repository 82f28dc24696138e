// SPDX-License-Identifier: Apache-2.0
// system df: how much of the disk everything takes.
#include "with_busybox.hpp"

#include <nlohmann/json.hpp>

#include <sstream>

namespace {

using nlohmann::json;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::StartsWith;

class Df : public WithBusybox {
protected:
    void SetUp() override {
        WithBusybox::SetUp();
        ASSERT_EQ(rtctl_({"run", "--name", "ended", "busybox", "dd", "if=/dev/zero", "of=/big", "bs=1000",
                          "count=2000"})
                      .exit_code,
                  0);
        ASSERT_EQ(rtctl_({"run", "-d", "--name", "up", "-v", "data:/data", "busybox", "sh", "-c",
                          "dd if=/dev/zero of=/data/file bs=1000 count=3000; echo done; exec sleep 600"})
                      .exit_code,
                  0);
        ASSERT_TRUE(eventually_logged("done"));
        ASSERT_EQ(rtctl_({"volume", "create", "spare"}).exit_code, 0);
    }
    void TearDown() override {
        rtctl_({"rm", "-f", "ended", "up"});
        rtctl_({"volume", "rm", "data", "spare"});
        WithBusybox::TearDown();
    }
    bool eventually_logged(const std::string& text) {
        return rt::test::eventually(
            [&] { return rtctl_({"logs", "up"}).out.find(text) != std::string::npos; });
    }
};

TEST_F(Df, SumsWhatThereIsAndWhatAPruneWouldGiveBack) {
    const auto table = rtctl_({"system", "df"});
    EXPECT_EQ(table.err, "");
    EXPECT_THAT(table.out, StartsWith("TYPE            TOTAL   ACTIVE   SIZE"));
    const auto lines = rtctl_({"system", "df", "--format",
                               "{{.Type}}|{{.TotalCount}}|{{.Active}}|{{.Size}}|"
                               "{{.Reclaimable}}"});
    EXPECT_THAT(lines.out, ContainsRegex("^Images\\|1\\|1\\|[0-9.]+[kM]B\\|0B \\(0%\\)\n"
                                         "Containers\\|2\\|1\\|2\\.?[0-9]*MB\\|2\\.?[0-9]*MB \\([0-9]+%\\)\n"
                                         "Local Volumes\\|2\\|1\\|3MB\\|0B \\(0%\\)\n"
                                         "Build Cache\\|0\\|0\\|0B\\|0B\n$"))
        << lines.out;
    std::istringstream objects(rtctl_({"system", "df", "--format", "json"}).out);
    std::vector<json> read;
    for (std::string line; std::getline(objects, line);) read.push_back(json::parse(line));
    ASSERT_EQ(read.size(), 4U);
    EXPECT_EQ(read[2], json({{"Type", "Local Volumes"},
                             {"TotalCount", "2"},
                             {"Active", "1"},
                             {"Size", "3MB"},
                             {"Reclaimable", "0B (0%)"}}));
}

TEST_F(Df, ShowsEachWithVerbose) {
    const auto tables = rtctl_({"system", "df", "-v"});
    EXPECT_EQ(tables.exit_code, 0) << tables.err;
    for (const char* title :
         {"Images space usage:\n\nREPOSITORY", "\nContainers space usage:\n\nCONTAINER ID",
          "\nLocal Volumes space usage:\n\nVOLUME NAME", "\nBuild cache usage: 0B\n"})
        EXPECT_THAT(tables.out, HasSubstr(title));
    EXPECT_THAT(tables.out, ContainsRegex("\ndata +1 +3MB\nspare +0 +0B\n"));
    const auto all = json::parse(rtctl_({"system", "df", "-v", "--format", "json"}).out);
    EXPECT_EQ(all["Images"][0]["Containers"], "2");
    EXPECT_EQ(all["Images"][0]["SharedSize"], "0B");
    EXPECT_EQ(all["Containers"].size(), 2U);
    EXPECT_EQ(all["Containers"][0]["ID"].get<std::string>().size(), 64U);
    EXPECT_EQ(all["Volumes"][0]["Links"], "1");
    EXPECT_EQ(all["BuildCache"], json::array());
    EXPECT_EQ(rtctl_({"system", "df", "-v", "--format", "{{range .Volumes}}{{.Name}} {{end}}"}).out,
              "data spare \n");
    EXPECT_EQ(rtctl_({"system", "df", "-v", "--format", "table {{.Type}}"}).exit_code, 1);
    EXPECT_EQ(rtctl_({"system", "df", "web"}).exit_code, 1);
}

} // namespace
