package web

// field is one line of a form: a label, what is typed, and what is to be said about it.
type field struct {
	Name        string
	Label       string
	Value       string
	Kind        string
	Hint        string
	Placeholder string
	Wrong       string
	Required    bool
	Choices     []choice
}

type choice struct {
	Value, Text string
	Chosen      bool
}

// newField is a line for text. About names the field as errors do.
func newField(name, label, value string, w wrong, about string) field {
	return field{Name: name, Label: label, Value: value, Kind: "text", Wrong: w.On(about)}
}

// Needed makes the field one that must be filled in.
func (f field) Needed() field { f.Required = true; return f }

// As sets the kind of the input: date, password, url.
func (f field) As(kind string) field { f.Kind = kind; return f }

// Hinted adds a sentence below.
func (f field) Hinted(hint string) field { f.Hint = hint; return f }

// Like shows an example while nothing is typed.
func (f field) Like(example string) field { f.Placeholder = example; return f }

// Of makes it a choice of one.
func (f field) Of(choices []choice) field { f.Choices = choices; return f }

// Describedby lists the ids of what is said about the field.
func (f field) Describedby() string {
	ids := ""
	if f.Hint != "" {
		ids = f.Name + "-hint"
	}
	if f.Wrong != "" {
		ids += " " + f.Name + "-wrong"
	}
	return ids
}

// choices are texts that stand for themselves.
func choices[T ~string](all []T, chosen T) []choice {
	list := make([]choice, len(all))
	for i, value := range all {
		list[i] = choice{Value: string(value), Text: capital(string(value)), Chosen: value == chosen}
	}
	return list
}
