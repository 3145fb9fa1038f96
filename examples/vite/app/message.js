export const message = 'first';
