package config

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"reflect"
	"slices"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/providers/posflag"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/pflag"

	"github.com/roadstead/roadstead/internal/apperr"
)

const (
	envPrefix = "ROADSTEAD_"
	// fileFlag names the configuration file. It is also ROADSTEAD_CONFIG, and not itself a setting.
	fileFlag = "config"
)

// Load reads the settings. A flag that was given wins over the environment (entries KEY=value, as of os.Environ), which
// wins over the file that --config or ROADSTEAD_CONFIG names; the rest are defaults. The result is valid. A setting
// that cannot be used is an [apperr.Error] with a hint.
func Load(flags *pflag.FlagSet, environ []string) (Config, error) {
	config, err := read(flags, environ)
	if err != nil {
		return Config{}, err
	}
	config = config.WithDefaults()
	return config, config.Validate()
}

func read(flags *pflag.FlagSet, environ []string) (Config, error) {
	k := koanf.New(".")
	if path := filePath(flags, environ); path != "" {
		if err := loadFile(k, path); err != nil {
			return Config{}, err
		}
	}
	if err := k.Load(env.Provider(".", env.Opt{
		Prefix: envPrefix, TransformFunc: fromEnvironment, EnvironFunc: func() []string { return environ },
	}), nil); err != nil {
		return Config{}, fmt.Errorf("reading the environment: %w", err)
	}
	if err := k.Load(posflag.ProviderWithFlag(flags, ".", k, fromFlag(flags)), nil); err != nil {
		return Config{}, fmt.Errorf("reading the flags: %w", err)
	}
	return decode(k)
}

func filePath(flags *pflag.FlagSet, environ []string) string {
	if given := flags.Lookup(fileFlag); given != nil && given.Changed {
		return given.Value.String()
	}
	for _, entry := range slices.Backward(environ) {
		if path, found := strings.CutPrefix(entry, envPrefix+"CONFIG="); found {
			return path
		}
	}
	return ""
}

func loadFile(k *koanf.Koanf, path string) error {
	if err := k.Load(file.Provider(path), yaml.Parser()); err != nil {
		hint := "Check that it is YAML of the form `data_dir: /var/lib/roadstead`, one setting a line."
		if errors.Is(err, fs.ErrNotExist) {
			hint = "Name an existing file with --config, or leave the flag out."
		}
		return apperr.Wrap(err, apperr.ValidationFailed, "The configuration file "+path+" cannot be read.", hint)
	}
	known := settings()
	for _, key := range k.Keys() {
		if !slices.Contains(known, key) {
			return refuse("The configuration file sets "+key+", which is not a setting.",
				"The settings are: "+strings.Join(known, ", ")+".")
		}
	}
	return nil
}

// fromEnvironment takes the variables that are settings of the server. Others, such as ROADSTEAD_TOKEN, belong to the
// commands. An empty variable counts as unset, as in a compose file that passes on what its caller may not have.
func fromEnvironment(name, value string) (setting string, decoded any) {
	setting = strings.ToLower(strings.TrimPrefix(name, envPrefix))
	if value == "" || !slices.Contains(settings(), setting) {
		return "", nil
	}
	return setting, value
}

func fromFlag(flags *pflag.FlagSet) func(*pflag.Flag) (string, any) {
	return func(flag *pflag.Flag) (string, any) {
		setting := strings.ReplaceAll(flag.Name, "-", "_")
		if !flag.Changed || !slices.Contains(settings(), setting) {
			return "", nil
		}
		return setting, posflag.FlagVal(flags, flag)
	}
}

// settings returns the name of every setting, in the order of [Config].
func settings() []string {
	fields := reflect.VisibleFields(reflect.TypeFor[Config]())
	names := make([]string, len(fields))
	for i, field := range fields {
		names[i] = field.Tag.Get("koanf")
	}
	return names
}

func decode(k *koanf.Koanf) (Config, error) {
	var config Config
	err := k.UnmarshalWithConf("", &config, koanf.UnmarshalConf{DecoderConfig: &mapstructure.DecoderConfig{
		Result:           &config,
		WeaklyTypedInput: true,
		DecodeHook: mapstructure.ComposeDecodeHookFunc(
			splitList, network, mapstructure.TextUnmarshallerHookFunc(),
		),
	}})
	if err != nil {
		return Config{}, apperr.Wrap(err, apperr.ValidationFailed, "A setting has a value of the wrong form: "+err.Error(),
			"Lists are written with commas, switches as true or false, networks as 10.0.0.0/8.")
	}
	return config, nil
}

// splitList lets a list be written with commas, which is all that the environment can hold.
func splitList(from, to reflect.Type, data any) (any, error) {
	if from.Kind() != reflect.String || to.Kind() != reflect.Slice {
		return data, nil
	}
	var items []string
	for item := range strings.SplitSeq(reflect.ValueOf(data).String(), ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items, nil
}

// network lets a network of one address be written as that address.
func network(from, to reflect.Type, data any) (any, error) {
	if from.Kind() != reflect.String || to != reflect.TypeFor[netip.Prefix]() {
		return data, nil
	}
	if addr, err := netip.ParseAddr(reflect.ValueOf(data).String()); err == nil {
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	return data, nil
}

func refuse(message, hint string) error {
	return apperr.New(apperr.ValidationFailed, message, hint)
}
