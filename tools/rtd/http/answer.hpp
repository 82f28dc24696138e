// SPDX-License-Identifier: Apache-2.0
// What is answered to a request, or the head of an answer that is streamed. A value; any thread.
#pragma once

#include "core/base/error.hpp"
#include "core/base/json.hpp"

#include <string>
#include <utility>
#include <vector>

namespace rt::rtd {

struct Answer {
    unsigned status = 200;
    std::string content_type = "application/json"; // "": there is no body
    std::string body{};
    std::vector<std::pair<std::string, std::string>> headers{};
};

// The head of an answer of JSON that is streamed.
extern const Answer kJsonHead;

Answer json_answer(const Json& body, unsigned status = 200);
Answer empty_answer(unsigned status = 204);
// {"message": ...} with the status that the code stands for (docs/errors.md).
Answer error_answer(const Error& error);
unsigned status_of(Code code);

} // namespace rt::rtd
