// SPDX-License-Identifier: Apache-2.0
// A layer's tar, applied in each form. First byte: which; the rest: the tar, whose checksums are set right.
#include "core/image/module/layer_applier.hpp"
#include "fuzz/tar_input.hpp"

using namespace rt;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static fuzz::Place place;
    if (size < 1) return 0;
    const std::string tar = fuzz::with_checksums(std::string(fuzz::text_of(data + 1, size - 1)));
    LayerTarget target;
    target.root = place.fresh_root();
    target.form = (data[0] & 1U) != 0 ? LayerTarget::Form::overlay : LayerTarget::Form::plain;
    target.is_base = (data[0] & 2U) != 0;
    const Cancellation cancellation;
    image::LayerApplier applier(target);
    if (target.form == LayerTarget::Form::plain && !target.is_base) {
        fuzz::TextSource source(tar);
        image::TarReader reader(source);
        (void)applier.apply_whiteouts(reader, cancellation);
    }
    fuzz::TextSource source(tar);
    image::TarReader reader(source);
    (void)applier.apply(reader, cancellation);
    place.check();
    return 0;
}
