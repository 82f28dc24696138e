// SPDX-License-Identifier: Apache-2.0
// The entries of listings as they were last written. What an entry is made of is looked at each time; where
// that is the same as before, to the last byte, so is the entry. Any thread.
#pragma once

#include "core/container/listing.hpp"
#include "tools/rtd/http/api_version.hpp"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace rt::rtd {

class ListingCache {
public:
    // At most so many are kept, the smallest ids of them: some 8 KiB each.
    static constexpr std::size_t kMost = 512;

    using Text = std::shared_ptr<const std::string>;
    using Make = std::function<Result<std::string>()>;
    // make: called where the parts are others than before.
    Result<Text> text(const Container& stored, const ContainerNow& now, const ListedImage& image,
                      ApiVersion version, const Make& make);
    // Of those that are not among these.
    void forget_others(const std::vector<Container>& containers);

private:
    struct Entry {
        std::string parts;
        Text text;
    };
    static std::string parts_of(const Container& stored, const ContainerNow& now, const ListedImage& image,
                                ApiVersion version);

    std::mutex mutex_;
    std::map<std::string, Entry> entries_; // by id
};

} // namespace rt::rtd
