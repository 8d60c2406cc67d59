package chart

import (
	"encoding/json"
	"fmt"
)

// jsonEntries returns the JSON beneath entries.<name> of an index. Other charts are skipped one by one.
func jsonEntries(d *json.Decoder, name string) ([]byte, error) {
	found, err := descend(d, "entries")
	if err != nil || !found {
		return nil, err
	}
	if found, err = descend(d, name); err != nil || !found {
		return nil, err
	}
	return value(d)
}

// descend enters the object that follows, up to the value of a key. It reports whether there is one.
func descend(d *json.Decoder, key string) (bool, error) {
	open, err := d.Token()
	if err != nil {
		return false, malformed(err)
	}
	if open != json.Delim('{') {
		return false, nil
	}
	for d.More() {
		k, err := d.Token()
		if err != nil {
			return false, malformed(err)
		}
		if k == key {
			return true, nil
		}
		if _, err := value(d); err != nil {
			return false, err
		}
	}
	return false, nil
}

// value reads the value that follows, whatever it is.
func value(d *json.Decoder) ([]byte, error) {
	var raw json.RawMessage
	if err := d.Decode(&raw); err != nil {
		return nil, malformed(err)
	}
	if len(raw) > maxEntry {
		return nil, fmt.Errorf("the index has more than %d bytes about one chart: %w", maxEntry, ErrInvalid)
	}
	return raw, nil
}

func malformed(err error) error { return fmt.Errorf("the index is malformed: %w: %w", ErrInvalid, err) }
