#pragma once
// Keeps secrets out of answers about configurations, and takes back the mask that a client sends in the place of one it
// was never shown: GET, change one key, PUT must not destroy a password. With `sluice.rest.show.secrets` everything
// passes as it is, as in Connect.
//
// Any thread.

#include <vector>

#include "runtime/config/component_catalog.h"
#include "runtime/config/config_infos.h"
#include "runtime/herder/types.h"

namespace sluice::rest {

class SecretFilter {
 public:
  // `catalog` must outlive the filter; null: of no component the keys are known.
  SecretFilter(const config::ComponentCatalog* catalog, bool show) : catalog_(catalog), show_(show) {}

  config::ConfigMap hide(config::ConfigMap config) const;
  herder::ConnectorInfo hide(herder::ConnectorInfo info) const;
  // `connector`: the configuration of their connector, which says what the keys mean.
  std::vector<herder::TaskInfo> hide(std::vector<herder::TaskInfo> tasks, const config::ConfigMap& connector) const;
  // What was resolved from providers; values typed PASSWORD are hidden already.
  config::ConfigInfos hide(config::ConfigInfos infos) const;

  // Whether one of the texts may be the mask of a secret.
  bool has_mask(const config::ConfigMap& config) const;
  // Error: a mask for a secret that `stored` does not have.
  base::Status restore(config::ConfigMap& config, const config::ConfigMap& stored) const;
  // A change to `stored` without what the client has not changed. Error: as restore().
  base::Status drop_masks(config::ConfigMap& patch, const config::ConfigMap& stored) const;

 private:
  const config::ComponentCatalog* catalog_;
  bool show_;
};

}  // namespace sluice::rest
