// SPDX-License-Identifier: Apache-2.0
#include "core/api/disk_usage.hpp"

#include "core/api/container_json.hpp"
#include "core/api/image_json.hpp"
#include "core/volume/volume_view.hpp"

namespace rt::api {
namespace {

Json images_json(const DiskView& view) {
    Json list = Json::array();
    for (std::size_t i = 0; i < view.images.size(); ++i) {
        const ImageUse& use = view.use.images[i];
        list.push_back(image_summary_json(view.images[i], {use.containers, use.shared}));
    }
    return list;
}

Json volumes_json(const DiskView& view) {
    Json list = Json::array();
    for (const VolumeSize& size : view.use.volumes) {
        Json value = inspect_volume(size.volume, view.volumes / size.volume.name / "_data");
        const std::int64_t bytes = size.bytes ? static_cast<std::int64_t>(*size.bytes) : -1;
        value["UsageData"] = {{"Size", bytes}, {"RefCount", size.containers}};
        list.push_back(std::move(value));
    }
    return list;
}

} // namespace

Result<DiskView> look_at_disk(Engine& engine) {
    DiskView view;
    RT_TRY_ASSIGN(view.use, system_use(engine));
    for (const ImageUse& use : view.use.images) {
        RT_TRY_ASSIGN(ImageView image, look_at(engine, use.image));
        view.images.push_back(std::move(image));
    }
    view.volumes = engine.wiring().root / "volumes";
    return view;
}

Json disk_usage_json(const DiskView& view) {
    Json containers = Json::array();
    for (const ContainerUse& use : view.use.containers)
        containers.push_back(container_summary_json(use.summary, view.volumes, use.size));
    return {{"LayersSize", view.use.layers},
            {"Images", images_json(view)},
            {"Containers", std::move(containers)},
            {"Volumes", volumes_json(view)},
            {"BuildCache", Json::array()}};
}

} // namespace rt::api
