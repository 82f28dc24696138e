// SPDX-License-Identifier: Apache-2.0
// Names and the history of images, and images that are not there.
#include "with_busybox.hpp"

#include <nlohmann/json.hpp>

#include <sstream>

namespace {

using nlohmann::json;
using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::StartsWith;

class Images : public WithBusybox {
protected:
    std::string names() { return rtctl_({"images", "--format", "{{.Repository}}:{{.Tag}}"}).out; }
    std::string id_of(const std::string& name) { return rtctl_({"images", "-q", "--no-trunc", name}).out; }
};

TEST_F(Images, TagGivesAFurtherNameAndRmiTakesItAway) {
    const std::string since = rt::test::run_program({"date", "+%s.%N"}).out.substr(0, 20);
    const auto tagged = rtctl_({"tag", "busybox", "example.test:5000/Mine/box:1"});
    EXPECT_EQ(tagged.exit_code, 1) << "a path is in lower case";
    EXPECT_EQ(rtctl_({"tag", "busybox", "example.test:5000/mine/box:1"}).out, "");
    EXPECT_EQ(rtctl_({"image", "tag", id_of("busybox").substr(0, 19), "box"}).exit_code, 0);
    EXPECT_EQ(names(), "box:latest\nbusybox:latest\nexample.test:5000/mine/box:1\n");
    EXPECT_EQ(id_of("box"), id_of("busybox"));
    EXPECT_EQ(rtctl_({"run", "--rm", "box", "echo", "runs"}).out, "runs\n");
    EXPECT_EQ(rtctl_({"rmi", "box"}).out, "Untagged: box:latest\n");
    EXPECT_EQ(rtctl_({"rmi", "example.test:5000/mine/box:1"}).exit_code, 0);
    EXPECT_EQ(names(), "busybox:latest\n");
    const auto events = rtctl_({"events", "--since", since, "--until", "0s", "--filter", "type=image",
                                "--format", "{{.Action}} {{.Actor.Attributes.name}}"});
    EXPECT_THAT(events.out, StartsWith("tag example.test:5000/mine/box:1\ntag box:latest\nuntag sha256:"));
}

TEST_F(Images, ANameMovesFromOneImageToAnother) {
    const std::string first = id_of("busybox");
    const std::string empty = rtctl_.directory() / "empty.tar";
    ASSERT_EQ(rt::test::run_program({"tar", "-cf", empty, "-T", "/dev/null"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"import", empty, "other"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"tag", "busybox", "kept"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"tag", "other", "busybox"}).exit_code, 0);
    EXPECT_EQ(id_of("busybox"), id_of("other"));
    EXPECT_EQ(id_of("kept"), first);
    ASSERT_EQ(rtctl_({"tag", "kept", "busybox"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"rmi", "other", "kept"}).exit_code, 0);
    EXPECT_EQ(id_of("busybox"), first);
}

TEST_F(Images, TagRefusesWhatIsNoNameAndWhatIsNotThere) {
    const std::string digest = "@sha256:" + std::string(64, '0');
    for (const std::string& name :
         {"a" + digest, std::string("sha256:abc"), std::string("a:b:c"), std::string()})
        EXPECT_EQ(rtctl_({"tag", "busybox", name}).exit_code, 1) << name;
    const auto missing = rtctl_({"tag", "busybix", "new"});
    EXPECT_EQ(missing.exit_code, 1);
    EXPECT_THAT(missing.err, HasSubstr("No such image: busybix:latest (did you mean busybox?)"));
    EXPECT_EQ(names(), "busybox:latest\n");
}

TEST_F(Images, HistoryShowsTheStepsTheLatestFirst) {
    const auto table = rtctl_({"history", "busybox"});
    EXPECT_THAT(table.out, ContainsRegex("^IMAGE +CREATED +CREATED BY +SIZE +COMMENT\n[0-9a-f]{12} "));
    const auto entry = json::parse(rtctl_({"image", "history", "--format", "json", "busybox"}).out);
    EXPECT_THAT(entry["Size"], ContainsRegex("^[0-9.]+[kM]B$"));
    EXPECT_EQ(entry["ID"], id_of("busybox").substr(7, 12));
    EXPECT_EQ(rtctl_({"history", "-q", "--no-trunc", "busybox"}).out, id_of("busybox"));
    const auto exact = rtctl_({"history", "--human=false", "--format", "{{.Size}}", "busybox"});
    EXPECT_EQ(exact.out, rtctl_({"inspect", "-f", "{{.Size}}", "busybox"}).out) << exact.err;
    EXPECT_THAT(rtctl_({"history", "--human=false", "busybox"}).out, HasSubstr("CREATED AT"));
    EXPECT_EQ(rtctl_({"history", "none-such"}).exit_code, 1);
}

// Nothing listens at port 1.
TEST_F(Images, AMistypedImageThatCannotBePulledNamesTheNearestHere) {
    ASSERT_EQ(rtctl_({"tag", "busybox", "localhost:1/tools/box:2"}).exit_code, 0);
    const auto created = rtctl_({"create", "localhost:1/tools/bxo:2"});
    EXPECT_EQ(created.exit_code, 1);
    EXPECT_THAT(created.err, AllOf(HasSubstr("did you mean localhost:1/tools/box:2, which is here?"),
                                   HasSubstr("Unable to find image 'localhost:1/tools/bxo:2' locally")));
    const auto run = rtctl_({"run", "localhost:1/tools/bxo"}); // any tag of it
    EXPECT_EQ(run.exit_code, 125);
    EXPECT_THAT(run.err, HasSubstr("did you mean localhost:1/tools/box:2, which is here?"));
    EXPECT_EQ(rtctl_({"ps", "-aq"}).out, ""); // and takes the locks away of what never came to be
    EXPECT_EQ(rtctl_({"rmi", "localhost:1/tools/box:2"}).exit_code, 0);
}

} // namespace
