// SPDX-License-Identifier: Apache-2.0
// What drivers tell of leftovers arrives, and what is no such thing becomes an error that names the driver.
#include "fixtures.hpp"

#include "core/plugin/leftovers.hpp"

#include <gmock/gmock.h>

namespace rt::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

const Operation kLeftovers{"test"};

class Leftovers : public PluginTest {
protected:
    Result<std::vector<Leftover>> found(const std::string& answer) {
        auto opened =
            LeftoverFinder::open(spec("leaving", cat(R"({"answer":")", answer, R"("})")), Role::storage);
        EXPECT_TRUE(opened && *opened);
        if (!opened || !*opened) return fail(Code::internal, "not opened");
        return (*opened)->find(kLeftovers, "{}");
    }
};

TEST_F(Leftovers, AreAskedOnlyOfDriversThatKnowThem) {
    const auto opened = LeftoverFinder::open(spec("sound", "{}"), Role::storage);
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_FALSE(opened->has_value());
}

TEST_F(Leftovers, ArriveAsTheDriverToldThem) {
    EXPECT_THAT(found("{'leftovers': []}").value_or(std::vector<Leftover>(1)), IsEmpty());
    const auto all =
        found("{'leftovers': [{'kind': 'k', 'name': 'n', 'what': 'it', 'whose': 'his', 'own': 1}, "
              "{'kind': 'k', 'name': 'm', 'what': '', 'whose': '', 'container': 'c', 'x': [2]}]}");
    ASSERT_TRUE(all) << all.error().message;
    ASSERT_EQ(all->size(), 2U);
    EXPECT_EQ(all->front().what, "it");
    EXPECT_EQ(all->front().whose, "his");
    EXPECT_EQ(all->front().container, "");
    EXPECT_EQ(all->back().container, "c");
    EXPECT_THAT(all->front().json, HasSubstr("\"own\":1")); // goes back whole
}

TEST_F(Leftovers, ThatAreNoneAreABreachOfTheContract) {
    for (const char* answer :
         {"[]", "{}", "{'leftovers': {}}", "{'leftovers': [1]}", "{'leftovers': [{}]}",
          "{'leftovers': [{'kind': 'k', 'name': '', 'what': 'w', 'whose': 'w'}]}",
          "{'leftovers': [{'kind': 1, 'name': 'n', 'what': 'w', 'whose': 'w'}]}", "{'leftovers'"}) {
        const auto all = found(answer);
        ASSERT_FALSE(all) << answer;
        EXPECT_EQ(all.error().code, Code::internal) << answer;
        EXPECT_THAT(all.error().message, HasSubstr("leaving 1.0.0"));
    }
    EXPECT_EQ(found("fail").error().code, Code::unavailable);
}

TEST_F(Leftovers, GoBackToTheDriverWithWhatIsKnown) {
    auto opened = LeftoverFinder::open(spec("leaving", R"({"answer":""})"), Role::storage);
    ASSERT_TRUE(opened && *opened);
    const auto removed = (*opened)->remove(kLeftovers, R"({"known":1})", {.json = R"({"kind":"k"})"});
    ASSERT_FALSE(removed);
    EXPECT_EQ(removed.error().message, R"({"known":1} {"kind":"k"})");
}

} // namespace
} // namespace rt::test
