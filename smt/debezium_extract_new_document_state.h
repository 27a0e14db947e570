#pragma once
// Debezium's ExtractNewDocumentState: an event of the MongoDB connector becomes the document after the change, or the
// changed fields where only those are known. Documents and the key's id come as extended JSON texts and become structs.

#include <memory>

#include "runtime/config/config_def.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

config::ConfigDef extract_new_document_state_config();
base::Result<std::unique_ptr<data::Transform>> make_extract_new_document_state(const config::ConfigMap& config);

}  // namespace sluice::smt
