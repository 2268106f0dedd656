// Code generated from docs/openapi-hub.json by "npm run generate". DO NOT EDIT.

/** Which rule guards which operation. */
export const hubRules = {
  "addLab": "role",
  "addUser": "role",
  "conflicts": "role",
  "labs": "person",
  "login": "public",
  "logout": "person",
  "me": "public",
  "newEnrolCode": "role",
  "nodes": "person",
  "overview": "person",
  "reports": "role",
  "results": "role",
  "setNodeStatus": "role",
  "setPrice": "role",
  "setUserDisabled": "role",
  "syncCompare": "node",
  "syncEnrol": "node",
  "syncEpoch": "node",
  "syncHello": "node",
  "syncLog": "person",
  "syncNonce": "node",
  "syncSession": "node",
  "tests": "person",
  "users": "role",
} as const;
