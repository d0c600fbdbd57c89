import { z } from 'zod';

const given = z.union([z.string(), z.array(z.union([z.string(), z.number(), z.array(z.number())]))]);

/**
 * The values that a sweep tries for an option: separated by commas, or an array in the configuration file. A value that is
 * itself a list has `+` where the option has commas.
 */
export function sweepOf<T extends z.ZodType>(option: T) {
  return given.transform((value, context) => parseAll(value, (part) => option.safeParse(part), context));
}

/** The same of an option that may be left out, which is written `none`. */
export function sweepWithNone<T extends z.ZodType>(option: T) {
  return given.transform((value, context) =>
    parseAll<z.output<T> | null>(
      value,
      (part) => (part === 'none' ? { success: true, data: null } : option.safeParse(part)),
      context,
    ),
  );
}

type Parsed<V> =
  { readonly success: true; readonly data: V } | { readonly success: false; readonly error: z.ZodError };

function parseAll<V>(
  value: z.output<typeof given>,
  parse: (part: unknown) => Parsed<V>,
  context: z.RefinementCtx,
): readonly V[] {
  const parts =
    typeof value === 'string' ? value.split(',').map((part) => part.trim().replaceAll('+', ',')) : value;
  const values: V[] = [];
  for (const part of parts) {
    const parsed = parse(part);
    if (parsed.success) values.push(parsed.data);
    else
      context.addIssue({ code: 'custom', message: `"${String(part)}": ${parsed.error.issues[0]!.message}` });
  }
  if (parts.length === 0) context.addIssue({ code: 'custom', message: 'an empty list' });
  return values;
}
