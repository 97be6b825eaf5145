// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "syconn/core/json.h"
#include "syconn/stages/evaluate_embedding.h"

/// Text and JSON of the evaluation of embeddings; the command that draws them.
namespace syconn {

void print(const EmbeddingScore& score);
Json as_json(const EmbeddingScore& score);
void print(const EmbeddingAgreement& agreement);
Json as_json(const EmbeddingAgreement& agreement);
/// syconn draw embedding RUN
int draw_embedding_command(int argc, char** argv);

}  // namespace syconn
