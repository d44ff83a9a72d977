/* op_list.h - the one list of ops: X(identifier, type), defined as ga_op_IDENTIFIER in ops/. */
#define GA_OP_LIST(X)                                                                              \
    X(linear, "Linear")                                                                            \
    X(conv2d, "Conv2d")                                                                            \
    X(conv_transpose2d, "ConvTranspose2d")                                                         \
    X(batch_norm2d, "BatchNorm2d")                                                                 \
    X(batch_norm1d, "BatchNorm1d")                                                                 \
    X(relu, "ReLU")                                                                                \
    X(leaky_relu, "LeakyReLU")                                                                     \
    X(tanh, "Tanh")                                                                                \
    X(sigmoid, "Sigmoid")                                                                          \
    X(softmax, "Softmax")                                                                          \
    X(max_pool2d, "MaxPool2d")                                                                     \
    X(flatten, "Flatten")                                                                          \
    X(unflatten, "Unflatten")                                                                      \
    X(identity, "Identity")
