// SPDX-License-Identifier: Apache-2.0
#include "core/config/wiring.hpp"

#include "support/temp_dir.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>

namespace rt::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> instances(const RoleWiring& role) {
    std::vector<std::string> names;
    for (const auto& [name, driver] : role.drivers) names.push_back(name);
    return names;
}

Wiring sound(std::string_view text) {
    auto wiring = parse_wiring(text, "/etc/rt/test.json");
    EXPECT_TRUE(wiring) << wiring.error().message;
    return wiring.value_or(Wiring{});
}

TEST(Wiring, AnEmptyFileIsTheBuiltInDefault) {
    const Wiring wiring = sound("{}");
    EXPECT_EQ(wiring.root, "/var/lib/rt");
    EXPECT_EQ(wiring.run, "/run/rt");
    EXPECT_THAT(wiring.plugin_path, ElementsAre(install_prefix() / "lib/rt/plugins"));
    EXPECT_EQ(wiring.storage.default_instance, "overlayfs");
    EXPECT_THAT(instances(wiring.storage), ElementsAre("overlayfs", "vfs"));
    EXPECT_EQ(wiring.network.default_instance, "bridge");
    EXPECT_THAT(instances(wiring.network), ElementsAre("bridge", "host", "none"));
    EXPECT_EQ(wiring.isolation.default_instance, "namespaces");
    EXPECT_THAT(instances(wiring.isolation), ElementsAre("namespaces"));
    EXPECT_EQ(wiring.origins.at("/root"), "built-in default");
    EXPECT_EQ(wiring.storage.drivers.at("vfs").config_json, "{}");
}

TEST(Wiring, AFileChangesWhatItNamesAndNothingElse) {
    const Wiring wiring = sound(R"({
  "root": "/srv/rt/",
  "plugin_path": ["/opt/rt", "/usr/lib/rt/plugins"],
  "storage": {
    "default": "bulk",
    "drivers": {
      "bulk": {"plugin": "vfs", "config": {"reflink": "never"}, "drafts": true},
      "overlayfs": {"config": {"x": [1]}}
    }
  },
  "network": {"drivers": {"host": null, "fast": {"plugin": "/opt/x/fast.so"}}}
})");
    EXPECT_EQ(wiring.root, "/srv/rt");
    EXPECT_EQ(wiring.run, "/run/rt");
    EXPECT_THAT(wiring.plugin_path, ElementsAre("/opt/rt", "/usr/lib/rt/plugins"));
    EXPECT_EQ(wiring.storage.default_instance, "bulk");
    EXPECT_THAT(instances(wiring.storage), ElementsAre("bulk", "overlayfs", "vfs"));
    EXPECT_EQ(wiring.storage.drivers.at("bulk").plugin, "vfs");
    EXPECT_EQ(wiring.storage.drivers.at("bulk").config_json, R"({"reflink":"never"})");
    EXPECT_TRUE(wiring.storage.drivers.at("bulk").drafts);
    EXPECT_EQ(wiring.storage.drivers.at("overlayfs").plugin, "overlayfs");
    EXPECT_EQ(wiring.storage.drivers.at("overlayfs").config_json, R"({"x":[1]})");
    EXPECT_THAT(instances(wiring.network), ElementsAre("bridge", "fast", "none"));
    EXPECT_EQ(wiring.origins.at("/root"), "/etc/rt/test.json:2");
    EXPECT_EQ(wiring.origins.at("/storage/default"), "/etc/rt/test.json:5");
    EXPECT_EQ(wiring.origins.at("/storage/drivers/bulk/config/reflink"), "/etc/rt/test.json:7");
    EXPECT_EQ(wiring.origins.at("/storage/drivers/overlayfs/config/x/0"), "/etc/rt/test.json:8");
    EXPECT_EQ(wiring.origins.at("/network/default"), "built-in default");
    EXPECT_EQ(wiring.origins.at("/network/drivers/host"), "/etc/rt/test.json:11");
    EXPECT_FALSE(wiring.origins.contains("/network/drivers/host/plugin"));
}

TEST(Wiring, AnInitAndAPoolOfIdsHaveDefaultsOfTheirOwn) {
    const Wiring built_in = sound("{}");
    EXPECT_FALSE(built_in.init.by_default);
    EXPECT_EQ(built_in.init.program, install_prefix() / "libexec/rt/rt-init");
    EXPECT_EQ(built_in.id_pool, "2147483648:1073741824");
    const Wiring wiring = sound(R"({"init": {"default": true}, "id_pool": "131072:65536"})");
    EXPECT_TRUE(wiring.init.by_default);
    EXPECT_EQ(wiring.init.program, built_in.init.program);
    EXPECT_EQ(wiring.id_pool, "131072:65536");
    for (const char* text :
         {R"({"init": true})", R"({"init": {"default": 1}})", R"({"init": {"program": "x"}})",
          R"({"init": {"other": 1}})", R"({"id_pool": 1})"})
        EXPECT_FALSE(parse_wiring(text, "/etc/rt/test.json")) << text;
}

TEST(Wiring, NamesLinePointerFoundAndAllowed) {
    struct Case {
        const char* text;
        const char* place;
        const char* reason;
    };
    for (const Case& c : {
             Case{"{\n\"rooot\": \"/x\"}", "line 2, /rooot", "did you mean 'root'?"},
             Case{"{\n\"root\": 5}", "line 2, /root", "the number 5"},
             Case{"{\"root\": \"x/y\"}", "line 1, /root", "absolute path"},
             Case{"{\"root\": \"\"}", "/root", "absolute path"},
             Case{"{\"plugin_path\": []}", "/plugin_path", "empty array"},
             Case{"{\"plugin_path\": \"/x\"}", "/plugin_path", "array of absolute paths"},
             Case{"{\"plugin_path\": [\"/x\",\n\"y\"]}", "line 2, /plugin_path/1", "absolute path"},
             Case{"{\"storage\": []}", "/storage", "an array, but must be an object"},
             Case{"{\"storage\": null}", "/storage", "null"},
             Case{"{\"storage\": {\"defualt\": \"vfs\"}}", "/storage/defualt", "did you mean 'default'?"},
             Case{"{\"storage\": {\n\"default\": \"vsf\"}}", "line 2, /storage/default", "'vfs'"},
             Case{"{\"storage\": {\"default\": 1}}", "/storage/default", "the number 1"},
             Case{"{\"storage\": {\n\"drivers\": {\"overlayfs\": null}}}", "/storage/default",
                  "no driver instance 'overlayfs'"},
             Case{"{\"storage\": {\"drivers\": []}}", "/storage/drivers", "an object"},
             Case{"{\"storage\": {\"drivers\": {\"a\":\n{}}}}", "/storage/drivers/a", "'plugin' is missing"},
             Case{"{\"storage\": {\"drivers\": {\"a\": 1}}}", "/storage/drivers/a", "the number 1"},
             Case{"{\"storage\": {\"drivers\": {\"../a\": {\"plugin\": \"vfs\"}}}}", "/storage/drivers/..~1a",
                  "cannot be the name of an instance"},
             Case{"{\"storage\": {\"drivers\": {\"\": {\"plugin\": \"vfs\"}}}}", "/storage/drivers/",
                  "1 to 64"},
             Case{"{\"storage\": {\"drivers\": {\"a\": {\"plugin\": \"../vfs\"}}}}", "/a/plugin",
                  "name of a plugin"},
             Case{"{\"storage\": {\"drivers\": {\"a\": {\"plugin\": \"/x/y\"}}}}", "/a/plugin",
                  "absolute path of a shared object"},
             Case{"{\"storage\": {\"drivers\": {\"a\": {\"plugin\": 1}}}}", "/a/plugin", "the number 1"},
             Case{"{\"storage\": {\"drivers\": {\"vfs\": {\"drafts\": 1}}}}", "/vfs/drafts", "true or false"},
             Case{"{\"storage\": {\"drivers\": {\"vfs\": {\"config\": 1}}}}", "/vfs/config", "an object"},
             Case{"{\"storage\": {\"drivers\": {\"vfs\": {\n\"confg\": {}}}}}",
                  "line 2, /storage/drivers/vfs/confg", "'config'?"},
             Case{"[]", "the whole file", "an array, but must be an object"},
         }) {
        SCOPED_TRACE(c.text);
        const auto wiring = parse_wiring(c.text, "/etc/rt/test.json");
        ASSERT_FALSE(wiring);
        EXPECT_EQ(wiring.error().code, Code::invalid_argument);
        EXPECT_THAT(wiring.error().message, HasSubstr("config file '/etc/rt/test.json'"));
        EXPECT_THAT(wiring.error().message, HasSubstr(c.place));
        EXPECT_THAT(wiring.error().message, HasSubstr(c.reason));
    }
}

TEST(Wiring, NamesTheLineOfASyntaxError) {
    for (const char* text :
         {"{\n\"root\": \"/x\",\n}", "{\n\"root\" \"/x\"\n}", "{\n\n'root': 1}", "{\n\n\n"}) {
        SCOPED_TRACE(text);
        const auto wiring = parse_wiring(text, "/etc/rt/test.json");
        ASSERT_FALSE(wiring);
        EXPECT_EQ(wiring.error().code, Code::invalid_argument);
        EXPECT_THAT(wiring.error().message, HasSubstr("line "));
    }
    EXPECT_FALSE(parse_wiring("", "/x"));
    EXPECT_FALSE(parse_wiring("{\"root\":\"/a\",\"root\":\"/b\"}", "/x"));
    EXPECT_FALSE(parse_wiring(std::string(100000, '['), "/x"));
}

class WiringFile : public testing::Test {
protected:
    void SetUp() override {
        write_file(file_, R"({"root": "/srv/rt"})");
        if (const auto wiring = load_wiring(file_); !wiring && wiring.error().code == Code::permission_denied)
            GTEST_SKIP() << "needs a directory that nobody else can write to; run it as root";
    }
    TempDir directory_;
    Path file_ = directory_ / "config.json";
};

TEST_F(WiringFile, IsLoadedByItsPath) {
    const auto wiring = load_wiring(file_);
    ASSERT_TRUE(wiring) << wiring.error().message;
    EXPECT_EQ(wiring->root, "/srv/rt");
    EXPECT_EQ(wiring->file, file_);
}

TEST_F(WiringFile, MustBeThereWhenItIsNamed) {
    const auto wiring = load_wiring(directory_ / "other.json");
    ASSERT_FALSE(wiring);
    EXPECT_EQ(wiring.error().code, Code::not_found);
}

TEST_F(WiringFile, IsRefusedWhereOthersCouldWriteIt) {
    ASSERT_EQ(::chmod(file_.c_str(), 0666), 0);
    const auto wiring = load_wiring(file_);
    ASSERT_FALSE(wiring);
    EXPECT_EQ(wiring.error().code, Code::permission_denied);
    if (::geteuid() != 0) return;
    ASSERT_EQ(::chmod(file_.c_str(), 0644), 0);
    ASSERT_EQ(::chown(file_.c_str(), 12345, 0), 0);
    EXPECT_FALSE(load_wiring(file_));
}

TEST_F(WiringFile, IsRefusedWhenItIsTooLarge) {
    write_file(file_, "{}" + std::string(2U << 20U, ' '));
    const auto wiring = load_wiring(file_);
    ASSERT_FALSE(wiring);
    EXPECT_EQ(wiring.error().code, Code::resource_exhausted);
}

} // namespace
} // namespace rt::test
