package process

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// environment is a container's environment under construction.
type environment map[string]string

// newEnvironment is what every container gets from its runtime and kubelet.
func newEnvironment(p *corev1.Pod, host, port string) environment {
	return environment{
		"PATH":                          "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOME":                          "/",
		"HOSTNAME":                      p.Name,
		"KUBERNETES_SERVICE_HOST":       host,
		"KUBERNETES_SERVICE_PORT":       port,
		"KUBERNETES_SERVICE_PORT_HTTPS": port,
		"KUBERNETES_PORT":               "tcp://" + host + ":" + port,
	}
}

// add adds what a container asks for.
func (e environment) add(ctx context.Context, s source, container *corev1.Container) error {
	for i := range container.EnvFrom {
		if err := e.addAll(ctx, s, &container.EnvFrom[i]); err != nil {
			return err
		}
	}
	for i := range container.Env {
		v := &container.Env[i]
		if v.ValueFrom == nil {
			e[v.Name] = e.expand(v.Value)
			continue
		}
		value, found, err := resolve(ctx, s, container, v.ValueFrom)
		if err != nil {
			return fmt.Errorf("set variable %s: %w", v.Name, err)
		}
		if found {
			e[v.Name] = value
		}
	}
	return nil
}

func (e environment) addAll(ctx context.Context, s source, from *corev1.EnvFromSource) error {
	var data map[string][]byte
	var err error
	switch {
	case from.ConfigMapRef != nil:
		data, err = s.configMapData(ctx, from.ConfigMapRef.Name, from.ConfigMapRef.Optional)
	case from.SecretRef != nil:
		data, err = s.secretData(ctx, from.SecretRef.Name, from.SecretRef.Optional)
	}
	if err != nil {
		return fmt.Errorf("set variables: %w", err)
	}
	for key, value := range data {
		e[from.Prefix+key] = string(value)
	}
	return nil
}

// resolve is the value of a variable that is taken from elsewhere. It is not
// found if it is optional and absent.
func resolve(ctx context.Context, s source, container *corev1.Container, from *corev1.EnvVarSource) (string, bool, error) {
	switch {
	case from.FieldRef != nil:
		value, err := field(s.pod, from.FieldRef.FieldPath)
		return value, true, err
	case from.ResourceFieldRef != nil:
		value, err := resourceField(s.pod, container, from.ResourceFieldRef)
		return value, true, err
	case from.ConfigMapKeyRef != nil:
		ref := from.ConfigMapKeyRef
		data, err := s.configMapData(ctx, ref.Name, ref.Optional)
		return key(data, "configmap", ref.Name, ref.Key, ref.Optional, err)
	case from.SecretKeyRef != nil:
		ref := from.SecretKeyRef
		data, err := s.secretData(ctx, ref.Name, ref.Optional)
		return key(data, "secret", ref.Name, ref.Key, ref.Optional, err)
	default:
		return "", false, fmt.Errorf("read its source: %w", errUnknownField)
	}
}

func key(data map[string][]byte, kind, object, name string, optional *bool, err error) (string, bool, error) {
	if err != nil {
		return "", false, err
	}
	value, found := data[name]
	if !found && (optional == nil || !*optional) {
		return "", false, fmt.Errorf("key %q of %s %q: %w", name, kind, object, errNoKey)
	}
	return string(value), found, nil
}

// expand replaces $(NAME) by the variable's value. Unknown names stay as they
// are, and $$ is a dollar sign.
func (e environment) expand(text string) string {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "$")
		out.WriteString(before)
		switch {
		case !found:
			return out.String()
		case strings.HasPrefix(rest, "$"):
			out.WriteByte('$')
			text = rest[1:]
			continue
		}
		text = rest
		if strings.HasPrefix(rest, "(") {
			if name, after, closed := strings.Cut(rest[1:], ")"); closed {
				if value, known := e[name]; known {
					out.WriteString(value)
				} else {
					out.WriteString("$(" + name + ")")
				}
				text = after
				continue
			}
		}
		out.WriteByte('$')
	}
}

func (e environment) expandAll(texts []string) []string {
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = e.expand(text)
	}
	return out
}

// list is the environment as the operating system takes it.
func (e environment) list() []string {
	out := make([]string, 0, len(e))
	for _, name := range slices.Sorted(maps.Keys(e)) {
		out = append(out, name+"="+e[name])
	}
	return out
}
