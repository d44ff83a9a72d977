/* arch_list.h - the built-in architectures: symbol, name, file under src/.
 * Read by arch_files.S, which puts the files into the library, and by arch.c, which finds them.
 * No code here: the assembler reads this too. */
#ifndef GA_ARCH_LIST_H
#define GA_ARCH_LIST_H
#define GA_ARCH_LIST(X)                                                                            \
    X(mnist_gan, "mnist-gan", "model/arch/mnist-gan.json")                                         \
    X(mnist_gan_d, "mnist-gan-d", "model/arch/mnist-gan-d.json")                                   \
    X(lenet5, "lenet5", "model/arch/lenet5.json")                                                  \
    X(dcgan_28, "dcgan-28", "model/arch/dcgan-28.json")                                            \
    X(dcgan_28_d, "dcgan-28-d", "model/arch/dcgan-28-d.json")                                      \
    X(homework_generator, "homework-generator", "model/arch/homework-generator.json")              \
    X(homework_discriminator, "homework-discriminator", "model/arch/homework-discriminator.json")  \
    X(homework_cnn, "homework-cnn", "model/arch/homework-cnn.json")
#endif
