// SPDX-License-Identifier: Apache-2.0
// SHA-256 as it goes by. One thread each.
#pragma once

#include <openssl/evp.h>

#include <array>
#include <cstddef>
#include <memory>
#include <new>
#include <string>
#include <string_view>

namespace rt::image {

class Sha256 {
public:
    Sha256() : context_(EVP_MD_CTX_new()) {
        if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1)
            throw std::bad_alloc();
    }

    void add(std::string_view data) { EVP_DigestUpdate(context_.get(), data.data(), data.size()); }

    // "sha256:<hex>"; nothing may be added after it.
    std::string digest() {
        std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
        unsigned int size = 0;
        EVP_DigestFinal_ex(context_.get(), bytes.data(), &size);
        std::string text = "sha256:";
        for (unsigned int i = 0; i < size; ++i) {
            text += "0123456789abcdef"[bytes[i] >> 4U];
            text += "0123456789abcdef"[bytes[i] & 15U];
        }
        return text;
    }

    static std::string of(std::string_view data) {
        Sha256 hash;
        hash.add(data);
        return hash.digest();
    }

private:
    struct Free {
        void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
    };
    std::unique_ptr<EVP_MD_CTX, Free> context_;
};

} // namespace rt::image
