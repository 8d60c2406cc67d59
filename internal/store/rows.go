package store

import (
	"encoding/json"
	"fmt"
)

// each turns rows into what the domains know.
func each[Row, T any](rows []Row, from func(Row) T) []T {
	list := make([]T, len(rows))
	for i, row := range rows {
		list[i] = from(row)
	}
	return list
}

// eachOrError is each for rows that may not be readable.
func eachOrError[Row, T any](rows []Row, from func(Row) (T, error)) ([]T, error) {
	list := make([]T, len(rows))
	for i, row := range rows {
		var err error
		if list[i], err = from(row); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// encode is the stored form of a nested value.
func encode(v any) (string, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("encode a nested value: %w", err)
	}
	return string(text), nil
}

// decode is the inverse of encode.
func decode(text string, v any) error {
	if err := json.Unmarshal([]byte(text), v); err != nil {
		return fmt.Errorf("decode a nested value: %w", err)
	}
	return nil
}
