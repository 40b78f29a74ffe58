/** Marks a text as Lua. Backslashes are Lua's: nothing in it is unescaped. */
export const lua: (text: TemplateStringsArray, ...values: readonly unknown[]) => string = String.raw;
