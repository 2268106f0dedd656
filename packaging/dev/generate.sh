#!/usr/bin/env bash
# Makes everything that is generated, in the order in which one depends on the other: SQL code, the OpenAPI documents,
# the TypeScript types made from them. `make verify` runs it and fails on any difference.
set -euo pipefail
cd "$(dirname "$0")/../.."
for config in internal/store/*/sqlc.yaml; do
  (cd "$(dirname "$config")" && ../../../bin/sqlc generate)
done
go run ./cmd/edge openapi > docs/openapi-edge.json.new && mv docs/openapi-edge.json.new docs/openapi-edge.json
go run ./cmd/hub openapi > docs/openapi-hub.json.new && mv docs/openapi-hub.json.new docs/openapi-hub.json
(cd web && npm run --silent generate)
