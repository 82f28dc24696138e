// SPDX-License-Identifier: Apache-2.0
// An archive that a user copies into a container. First byte: how; the rest: the tar, whose checksums are set
// right.
#include "core/image/module/tree_extract.hpp"
#include "fuzz/tar_input.hpp"

#include <sys/mman.h>

using namespace rt;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static fuzz::Place place;
    if (size < 1) return 0;
    const std::string tar = fuzz::with_checksums(std::string(fuzz::text_of(data + 1, size - 1)));
    const UniqueFd file(::memfd_create("tar", MFD_CLOEXEC));
    if (::write(file.get(), tar.data(), tar.size()) != static_cast<ssize_t>(tar.size()) ||
        ::lseek(file.get(), 0, SEEK_SET) != 0)
        return 0;
    ArchiveToTree tree;
    tree.root = place.fresh_root();
    tree.directory = (data[0] & 1U) != 0 ? "/d" : "/";
    if ((data[0] & 2U) != 0) tree.rename.emplace("a", "renamed");
    if ((data[0] & 4U) != 0) tree.rename.emplace(".", "renamed");
    if ((data[0] & 8U) != 0) tree.owner.emplace(1000, 1000);
    if ((data[0] & 16U) != 0) tree.kinds = ArchiveToTree::Kinds::replaced;
    const Cancellation cancellation;
    (void)image::extract_tree(tree, file.get(), cancellation);
    place.check();
    return 0;
}
