// Package astm speaks with analyzers as ASTM E1381 / LIS01 and E1394 / LIS02 describe: frames and sessions on the line,
// records and fields within. Both layers are pure: bytes and times go in, and nothing here waits, stores or logs.
package astm
