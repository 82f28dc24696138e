// SPDX-License-Identifier: Apache-2.0
// How much of the disk everything takes, over rows and files of the test's own.
#include "core/container/system_use.hpp"

#include "core/volume/volume_service.hpp"

#include "support/temp_dir.hpp"

#include <gtest/gtest.h>

namespace {

class SystemUseTest : public testing::Test {
protected:
    void SetUp() override {
        rt::test::write_file(dir_ / "config.json", "{\"root\": \"" + (dir_ / "root").native() +
                                                       "\", \"run\": \"" + (dir_ / "run").native() + "\"}");
        auto engine = rt::Engine::open(dir_ / "config.json");
        ASSERT_TRUE(engine) << engine.error().message;
        engine_ = std::move(*engine);
        const auto state = engine_->state();
        ASSERT_TRUE(state) << state.error().message;
        state_ = *state;
    }
    void run(std::string_view sql, const std::vector<rt::SqlValue>& values) {
        const auto done = state_->database.run(sql, values);
        ASSERT_TRUE(done) << done.error().message;
    }
    void add_layer(const std::string& storage, const std::string& chain, std::int64_t size) {
        run("INSERT INTO layers (storage, chain_id, snapshot, size) VALUES (?, ?, ?, ?)",
            {storage, chain, "layer-" + chain, size});
    }
    void add_image(const std::string& id, std::int64_t size, const std::vector<std::string>& chains) {
        run("INSERT INTO images (id, config, manifest, size, created_at) VALUES (?, '{}', '', ?, 1)",
            {id, size});
        for (std::size_t i = 0; i < chains.size(); ++i)
            run("INSERT INTO image_layers (image_id, position, chain_id, diff_id, blob, media_type) "
                "VALUES (?, ?, ?, '', '', '')",
                {id, static_cast<std::int64_t>(i), chains[i]});
    }
    void add_container(char digit, const std::string& image) {
        rt::Container container;
        container.id = std::string(64, digit);
        container.name = std::string("c") + digit;
        container.phase = rt::Phase::exited;
        container.image_id = image;
        container.storage = "none-such";
        container.spec = "{}";
        ASSERT_TRUE(state_->containers.add(container));
    }

    rt::test::TempDir dir_;
    std::unique_ptr<rt::Engine> engine_;
    rt::Engine::State* state_ = nullptr;
};

TEST_F(SystemUseTest, LayersCountOnceAndSharedOnesStayWithWhoNeedsThem) {
    add_layer("overlayfs", "base", 100);
    add_layer("overlayfs", "top", 10);
    add_layer("overlayfs", "alone", 1000);
    add_layer("vfs", "base", 101); // unpacked there too
    add_image("sha256:a", 100, {"base"});
    add_image("sha256:b", 110, {"base", "top"});
    add_image("sha256:c", 1000, {"alone"});
    add_container('1', "sha256:a");
    add_container('2', "sha256:a");
    const auto use = rt::system_use(*engine_);
    ASSERT_TRUE(use) << use.error().message;
    EXPECT_EQ(use->layers, 1211);
    EXPECT_EQ(use->unused_layers, 1010);
    ASSERT_EQ(use->images.size(), 3U);
    for (const rt::ImageUse& image : use->images) {
        EXPECT_EQ(image.shared, image.image.id == "sha256:c" ? 0 : 101) << image.image.id;
        EXPECT_EQ(image.containers, image.image.id == "sha256:a" ? 2 : 0) << image.image.id;
    }
    ASSERT_EQ(use->containers.size(), 2U);
    EXPECT_FALSE(use->containers[0].size); // its storage driver is not there
}

TEST_F(SystemUseTest, VolumesAreCountedUnlessTheyMountSomething) {
    rt::VolumeService volumes(engine_->wiring(), state_->database);
    ASSERT_TRUE(volumes.create({.name = "data"}));
    ASSERT_TRUE(volumes.create({.name = "far", .options = {{"type", "tmpfs"}, {"device", "tmpfs"}}}));
    rt::test::write_file(volumes.data("data") / "file", std::string(1234, 'x'));
    add_container('1', "");
    ASSERT_TRUE(state_->volumes.add_use({std::string(64, '1'), "data"}));
    const auto use = rt::system_use(*engine_);
    ASSERT_TRUE(use) << use.error().message;
    ASSERT_EQ(use->volumes.size(), 2U);
    EXPECT_EQ(use->volumes[0].bytes, 1234U);
    EXPECT_EQ(use->volumes[0].containers, 1);
    EXPECT_FALSE(use->volumes[1].bytes);
    EXPECT_EQ(use->volumes[1].containers, 0);
}

} // namespace
