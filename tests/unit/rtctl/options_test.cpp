// SPDX-License-Identifier: Apache-2.0
#include "tools/rtctl/options.hpp"

#include "tools/rtctl/output.hpp"

#include <gmock/gmock.h>

namespace {

using namespace rt::cli;
using testing::ElementsAre;

const Command kCommand = {"test", "[OPTIONS] X...", "A test", nullptr};

options::options_description description() {
    options::options_description result("Options");
    result.add_options()("interactive,i", "")("tty,t", "")("name", options::value<std::string>(), "")(
        "publish,p", options::value<Arguments>()->composing(), "");
    return result;
}

std::expected<std::optional<Parsed>, Failure> parse_words(const Arguments& words,
                                                          Operands operands = Operands::end_options) {
    return parse(kCommand, description(), words, operands, 1, SIZE_MAX);
}

TEST(Options, StopAtTheFirstOperandWhereTheRestBelongsToAnotherProgram) {
    const auto parsed =
        parse_words({"-it", "--name", "web", "-p8080:80", "-p", "53:53", "image", "ls", "-l", "--name"});
    ASSERT_TRUE(parsed);
    EXPECT_TRUE((*parsed)->has("interactive"));
    EXPECT_TRUE((*parsed)->has("tty"));
    EXPECT_EQ((*parsed)->get<std::string>("name"), "web");
    EXPECT_THAT((*parsed)->get<Arguments>("publish"), ElementsAre("8080:80", "53:53"));
    EXPECT_THAT((*parsed)->operands, ElementsAre("image", "ls", "-l", "--name"));
}

TEST(Options, TakeADoubleDashAsTheirEnd) {
    const auto parsed = parse_words({"-i", "--", "-image", "x"});
    ASSERT_TRUE(parsed);
    EXPECT_THAT((*parsed)->operands, ElementsAre("-image", "x"));
}

TEST(Options, MayFollowOperandsElsewhere) {
    const auto parsed = parse_words({"a", "-i", "b", "--name=n"}, Operands::anywhere);
    ASSERT_TRUE(parsed);
    EXPECT_TRUE((*parsed)->has("interactive"));
    EXPECT_THAT((*parsed)->operands, ElementsAre("a", "b"));
}

TEST(Options, MayBeGivenTwiceAndFlagsMayHaveAValue) {
    const auto parsed = parse_words({"-i", "-i", "--name", "a", "--name", "b", "--tty=false", "image"});
    ASSERT_TRUE(parsed) << parsed.error().error.message;
    EXPECT_EQ((*parsed)->get<std::string>("name"), "b");
    EXPECT_FALSE((*parsed)->has("tty"));
    EXPECT_TRUE((*parse_words({"--tty=true", "image"}))->has("tty"));
}

TEST(Options, MayHaveTheirValueWhereDockersHaveIt) {
    const auto parsed =
        parse_words({"-t=false", "-i=1", "-p=80:80", "-p", "-x=1", "--name=", "image", "-t=true"});
    ASSERT_TRUE(parsed) << parsed.error().error.message;
    EXPECT_TRUE((*parsed)->has("interactive"));
    EXPECT_FALSE((*parsed)->has("tty"));
    EXPECT_THAT((*parsed)->get<Arguments>("publish"), ElementsAre("80:80", "-x=1"));
    EXPECT_EQ((*parsed)->get<std::string>("name", "none"), "");
    EXPECT_THAT((*parsed)->operands, ElementsAre("image", "-t=true"));
    EXPECT_TRUE((*parse_words({"-it=true", "image"}))->has("tty"));
    EXPECT_THAT((*parse_words({"-itp80", "image"}))->get<Arguments>("publish"), ElementsAre("80"));
    EXPECT_FALSE(parse_words({"-t=maybe", "image"}));
}

TEST(Options, RefuseWhatIsUnknownOrIncomplete) {
    for (const Arguments& words : {Arguments{"--nmae", "x", "image"}, Arguments{"--name"},
                                   Arguments{"-x", "image"}, Arguments{}, Arguments{"--na=x", "image"}}) {
        const auto parsed = parse_words(words);
        ASSERT_FALSE(parsed);
        EXPECT_EQ(parsed.error().error.code, rt::Code::invalid_argument);
    }
    EXPECT_NE(parse_words({"--nmae", "x", "i"}).error().error.message.find("--name"), std::string::npos);
}

TEST(HumanSize, HasThreeDigits) {
    EXPECT_EQ(human_size(0), "0B");
    EXPECT_EQ(human_size(999), "999B");
    EXPECT_EQ(human_size(117'000'000), "117MB");
    EXPECT_EQ(human_size(999'600), "1MB");
    EXPECT_EQ(human_size(1'234'567'890), "1.23GB");
    EXPECT_EQ(human_size(1'234'567'890, 4), "1.235GB");
    EXPECT_EQ(human_size(999'600, 4), "999.6kB");
    EXPECT_EQ(human_size(999'960, 4), "1MB");
}

} // namespace
